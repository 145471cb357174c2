/** `caravan plan check`: connects to the mail system of a configuration and tells what will not work, and why. */
import { Command, Option } from 'commander';
import type { Finding, Probe } from '../../backends/index.ts';
import { CliError } from '../errors.ts';
import { openTerminal } from '../terminal.ts';
import { readChecked } from './checked.ts';

interface CheckOptions {
  readonly user?: string;
  readonly password?: string;
  readonly json?: boolean;
}

/** What was looked at, for the servers of one place or for the one server of a configuration. */
interface Checked {
  /** `frankfurt (eu-central-1)`, or the file. */
  readonly place: string;
  readonly probes: readonly Probe[];
}

export function checkCommand(): Command {
  return (
    new Command('check')
      .description(
        'Connect to the mail system, calendars and directory of a configuration: encryption, capabilities, latency, and what will not work.',
      )
      .argument('[file]', 'caravan.json, or the settings of a server', 'caravan.json')
      .option('--user <name>', 'a mailbox to sign in to: what servers can do most of them tell only then')
      .addOption(new Option('--password <password>', 'its password').env('CARAVAN_PASSWORD'))
      .option('--json', 'the findings as JSON')
      // `plan` takes --json for itself, wherever it stands.
      .action((file: string, _: CheckOptions, command: Command) => check(file, command.optsWithGlobals()))
  );
}

async function check(file: string, { user, password, json }: CheckOptions): Promise<void> {
  const terminal = openTerminal(json === true, process.stdout, process.stderr);
  if (user !== undefined && (password ?? '') === '')
    throw new CliError(
      'missing-password',
      `There is no password of ${user}`,
      'Set CARAVAN_PASSWORD, or add --password.',
    );
  const credentials = user === undefined ? undefined : { userName: user, password: password ?? '' };
  const checked: Checked[] = [];
  // What connects is loaded only here: planning needs none of it.
  const { probeAll } = await import('./probe-all.ts');
  for (const { place, configuration, areSecretsKnown, host } of readChecked(file, process.env)) {
    terminal.progress(`${place} …`);
    checked.push({ place, probes: await probeAll({ configuration, areSecretsKnown, host, credentials }) });
  }
  const failures = checked.flatMap(({ probes }) => probes.flatMap(({ findings }) => findings.filter(isFailure)));
  terminal.result({ checked, failures: failures.length }, checked.map(told).join('\n\n'));
  if (failures.length > 0)
    throw new CliError(
      'check-failed',
      failures.length === 1 ? 'One thing will not work' : `${failures.length} things will not work`,
      'They are marked ✗ above, each with what to do.',
    );
}

const isFailure = ({ level }: Finding): boolean => level === 'fails';

const SIGNS: Readonly<Record<Finding['level'], string>> = { works: '✓', mind: '!', fails: '✗' };

function told({ place, probes }: Checked): string {
  if (probes.length === 0) return `${place}\n  Nothing to connect to: its mail is on its own machine.`;
  return [
    place,
    ...probes.map(({ part, address, findings }) => [`  ${part} ${address}`, ...findings.map(line)].join('\n')),
  ].join('\n');
}

function line({ level, what, why, remedy }: Finding): string {
  const follows = remedy === undefined ? '' : `\n      ${remedy}`;
  return `    ${SIGNS[level]} ${what}${why === undefined ? '' : `: ${why}`}${follows}`;
}
