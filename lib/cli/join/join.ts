/** `caravan join` and `caravan leave`: users of a standalone server go to a pool, or come from one, while it serves them. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Asked, Progress } from '../../migration/index.ts';
import { sleep, systemClock } from '../../platform/index.ts';
import { loadConfiguration } from '../../topology/index.ts';
import { CliError } from '../errors.ts';
import { A_STANDALONE_SERVER, AdministrationClient } from '../pool/administration-client.ts';
import { checkUrl } from '../pool/find-pool.ts';
import { givenToken } from '../pool/administrator-token.ts';
import { openTerminal } from '../terminal.ts';

interface Options {
  readonly pool?: string;
  readonly name?: string;
  readonly skip?: readonly string[];
  readonly user?: readonly string[];
  readonly verify?: boolean;
  readonly undo?: boolean;
  readonly finish?: boolean;
  readonly status?: boolean;
  readonly config?: string;
  readonly url?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

const POLL_MS = 300;
/** A server that is started again goes on by itself: so long it is waited for. */
const AWAY_MS = 60_000;
const NAME = /^[A-Za-z0-9_.-]{1,64}$/;
const collect = (one: string, all: readonly string[] = []): readonly string[] => [...all, one];

export function defineJoin(command: Command): void {
  withOptions(command)
    .option('--skip <user>', 'somebody who stays here; may be given again', collect)
    .action((options: Options) => run('join', options));
}

export function defineLeave(command: Command): void {
  withOptions(command)
    .option('--user <user>', 'who comes (default: everybody); may be given again', collect)
    .action((options: Options) => run('leave', options));
}

function withOptions(command: Command): Command {
  return command
    .option('--pool <file>', "the configuration of one of the pool's servers, on the standalone server's machine")
    .option('--name <name>', "this server's name in the pool (default: the machine's)")
    .option('--verify', 'compare every item before a user is handed over')
    .option('--status', 'tell how far it is')
    .option('--undo', 'take it back: everybody is again where they were')
    .option('--finish', 'it is not to be taken back: remove the copies that are left')
    .option('--config <file>', "the standalone server's own configuration, which tells where its administration is")
    .option('--url <url>', 'its administration: http://host:port')
    .option(
      '--token-file <file>',
      "the administrator's token (default: of the configuration, or CARAVAN_ADMINISTRATION_TOKEN)",
    )
    .option('--json', 'one JSON document a line');
}

async function run(direction: Asked['direction'], options: Options): Promise<void> {
  checkOneThing(options);
  const client = new AdministrationClient(placeOf(options), A_STANDALONE_SERVER);
  const terminal = openTerminal(options.json === true, process.stdout, process.stderr);
  const show = (progress: Progress) => terminal.result(progress, describe(progress));
  if (options.status) return show(await client.get<Progress>('/join'));
  if (options.finish) return show(await client.change<Progress>('POST', '/join/finish'));
  let progress = options.undo
    ? await client.change<Progress>('POST', '/join/undo')
    : await client.change<Progress>('POST', '/join', asked(direction, options));
  while (progress.phase === 'running') {
    terminal.progress(describe(progress));
    await sleep(systemClock, POLL_MS);
    progress = await stillThere(client);
  }
  show(progress);
}

async function stillThere(client: AdministrationClient): Promise<Progress> {
  const until = systemClock.monotonic() + AWAY_MS;
  for (;;) {
    try {
      return await client.get<Progress>('/join');
    } catch (thrown) {
      if (!(thrown instanceof CliError) || thrown.code !== 'pool-unreachable') throw thrown;
      if (systemClock.monotonic() > until) throw thrown;
    }
    await sleep(systemClock, POLL_MS);
  }
}

function checkOneThing(options: Options): void {
  const named = (['status', 'undo', 'finish'] as const).filter((it) => options[it]);
  const begins = options.pool !== undefined ? ['pool'] : [];
  const [one, other] = [...named, ...begins].map((it) => `--${it}`);
  if (other !== undefined) {
    throw new CliError('bad-option', `${one} and ${other} do not go together`, 'Ask for one thing at a time.');
  }
}

function asked(direction: Asked['direction'], options: Options): Asked {
  if (options.pool === undefined) {
    throw new CliError('bad-option', 'No pool was named', 'Give --pool FILE: the configuration of one of its servers.');
  }
  const standalone = options.name ?? hostname();
  if (!NAME.test(standalone)) {
    throw new CliError(
      'bad-option',
      `'${standalone}' cannot be the name of this server in the pool`,
      'Give --name with at most 64 letters, digits, dots, dashes and underscores.',
    );
  }
  return {
    direction,
    file: resolve(options.pool),
    standalone,
    isVerified: options.verify === true,
    users: (direction === 'join' ? options.skip : options.user) ?? [],
  };
}

/** Throws CliError: 'no-administration', 'missing-token'; ConfigurationError. */
function placeOf({ url, tokenFile, config }: Options): { urls: readonly string[]; token: string } {
  const given = givenToken(tokenFile, process.env);
  if (url !== undefined) checkUrl(url);
  if (url !== undefined && given !== undefined) return { urls: [url], token: given };
  if (config === undefined && !hasOwnFile(process.env)) throw nobodyNamed(url);
  const { administration } = loadConfiguration({ file: config, environment: process.env });
  const { host, port, token = given } = administration;
  if (url === undefined && (port === undefined || port === 0)) throw noAdministration('administration.port');
  if (token === undefined) throw noAdministration('administration.tokenFile');
  const urlHost = host.includes(':') ? `[${host}]` : host;
  return { urls: [url ?? `http://${urlHost}:${port}`], token: given ?? token };
}

/** Which is read where none is named. */
const hasOwnFile = (environment: NodeJS.ProcessEnv): boolean =>
  environment['CARAVAN_CONFIG'] !== undefined || existsSync('caravan-server.json');

const nobodyNamed = (url: string | undefined): CliError =>
  new CliError(
    url === undefined ? 'no-administration' : 'missing-token',
    url === undefined
      ? 'It is not said which standalone server is meant'
      : `It is not said with which token ${url} is asked`,
    "Give --config with the server's own configuration, or --url and --token-file (or CARAVAN_ADMINISTRATION_TOKEN).",
  );

const noAdministration = (setting: string): CliError =>
  new CliError(
    'no-administration',
    'The standalone server cannot be asked: its configuration has no administration',
    `Set ${setting} and start it again, or give --url and --token-file.`,
  );

function describe(progress: Progress): string {
  const { direction, phase, isUndo, pool, users, moved, items, verified, longestPauseMs, troubles, problem } = progress;
  const what = isUndo
    ? `Taking it back from the pool ${pool}`
    : `${direction === 'join' ? 'Joining' : 'Leaving'} the pool ${pool}`;
  const line = `${what}: ${phase}, ${moved} of ${users} users, ${items} items${verified > 0 ? `, ${verified} compared` : ''}, longest pause ${longestPauseMs} ms`;
  const now = problem === undefined ? [] : [`  the pool cannot be used now: ${problem}`];
  return [line, ...now, ...troubles.map(({ user, why }) => `  ${user}: ${why}`)].join('\n');
}
