/** `caravan` with some of its subcommands: finds the one that is meant, runs it, and tells a failure as its user needs it. */
import { Command, CommanderError } from 'commander';
import { describeFailure } from '../platform/index.ts';
import { CliError } from './errors.ts';

export interface Entry {
  /** As the help of all lists it: `plan [options] [file]`. */
  readonly usage: string;
  readonly about: string;
  /** Its options, arguments, subcommands and action. Called for the one that is meant alone: others' code takes long to load. */
  readonly load: () => Promise<(command: Command) => void>;
}

/** Resolves to the process's exit code. */
export async function runCommand(argv: readonly string[], entries: readonly Entry[]): Promise<number> {
  const program = new Command('caravan')
    .description('A mobile mail sync server that survives its servers.')
    .version(VERSION)
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false });
  try {
    for (const entry of entries) await add(program, entry, meant(argv));
    quiet(program);
    await program.parseAsync(argv, { from: 'user' });
    return 0;
  } catch (thrown) {
    // Help and version have been printed already.
    if (thrown instanceof CommanderError && isHelp(thrown)) return thrown.exitCode;
    const failure = thrown instanceof CommanderError ? misuse(thrown, program, argv) : thrown;
    process.stderr.write(`${describeFailure(failure, argv.includes('--json'))}\n`);
    return 1;
  }
}

async function add(program: Command, { usage, about, load }: Entry, called: string | undefined): Promise<void> {
  const name = usage.replace(/ .*/, '');
  if (name !== called) program.command(usage).description(about);
  else (await load())(program.command(name).description(about));
}

/** The subcommand that is called, or whose help is asked for. */
function meant(argv: readonly string[]): string | undefined {
  const [first, second] = argv.filter((it) => !it.startsWith('-'));
  return first === 'help' ? second : first;
}

/** Commander neither prints nor exits by itself, in no subcommand: `--json` counts for its errors too. */
function quiet(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => undefined });
  for (const each of command.commands) quiet(each);
}

const isHelp = ({ code }: CommanderError): boolean =>
  code === 'commander.help' || code === 'commander.helpDisplayed' || code === 'commander.version';

/** As one of our own errors. Commander's own suggestion is on a line of its own. */
function misuse({ message }: CommanderError, program: Command, argv: readonly string[]): CliError {
  const [first = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const what = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  let name = program.name();
  let command: Command | undefined = program;
  for (const word of argv) {
    command = command.commands.find((it) => it.name() === word);
    if (!command) break;
    name += ` ${word}`;
  }
  const help = `\`${name} --help\` tells what there is.`;
  const remedy = suggestion === undefined ? help : `${suggestion.replace(/^\(|\)$/g, '')} ${help}`;
  return new CliError('bad-command-line', what.replace(/\.$/, ''), remedy);
}

const VERSION = '0.1.0';
