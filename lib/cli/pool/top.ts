/** `caravan pool top`: the servers, again and again, in place on a terminal. */
import type { Command } from 'commander';
import { CaravanError, sleep, systemClock } from '../../platform/index.ts';
import { describeFailure } from '../../platform/index.ts';
import { wholeNumber } from '../whole-number.ts';
import type { PoolOptions } from './find-pool.ts';
import { openPool, poolSubcommand } from './pool-subcommand.ts';
import { serverTable } from './server-lines.ts';
import { readServers } from './show.ts';

interface TopOptions extends PoolOptions {
  readonly seconds: string;
}

const CLEAR_SCREEN = '\x1b[H\x1b[2J';

export function topCommand(): Command {
  return poolSubcommand('top', 'The servers, again and again. Ctrl-C ends it.')
    .option('--seconds <seconds>', 'between two looks', '2')
    .action(top);
}

async function top(options: TopOptions): Promise<void> {
  const everyMs = wholeNumber('--seconds', options.seconds, 1, 3_600) * 1000;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));
  const clear = options.json !== true && process.stdout.isTTY ? CLEAR_SCREEN : '';
  let isFirst = true;
  while (!stop.signal.aborted) {
    const shown = await look(options).catch((thrown: unknown) => {
      // Once it is there, it may go and come again.
      if (isFirst || !(thrown instanceof CaravanError)) throw thrown;
      return describeFailure(thrown, options.json === true);
    });
    isFirst = false;
    process.stdout.write(`${clear}${shown}\n`);
    const awake = setInterval(() => {}, everyMs);
    await sleep(systemClock, everyMs, stop.signal).catch(() => undefined);
    clearInterval(awake);
  }
}

async function look(options: TopOptions): Promise<string> {
  // Anew each time: servers of this machine are started again with other processes.
  const { servers } = await readServers(openPool(options), false);
  if (options.json === true) return JSON.stringify({ at: new Date(systemClock.now()).toISOString(), servers });
  const sum = (of: 'users' | 'devices') => servers.reduce((total, it) => total + it[of], 0);
  const head = `${servers.length} servers, ${sum('users')} users, ${sum('devices')} devices   ${new Date(systemClock.now()).toLocaleTimeString('en-GB')}`;
  return `${head}\n\n${serverTable(servers, systemClock.now())}`;
}
