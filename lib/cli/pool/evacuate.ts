/** `caravan pool evacuate`: nobody new comes to a pool, and every user of it moves to another, one after the other. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { MoveReport } from '../../migration/index.ts';
import { reasonOf, systemClock } from '../../platform/index.ts';
import { CliError } from '../errors.ts';
import { moveLine } from '../user/home-lines.ts';
import { wholeNumber } from '../whole-number.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';

interface EvacuateOptions extends PoolOptions {
  readonly to?: string;
  readonly pace: number;
  readonly reopen?: boolean;
}

const MINUTE_MS = 60_000;

export function evacuateCommand(): Command {
  return poolSubcommand('evacuate', 'Several pools: move everybody who is at home in one to others.')
    .argument('<pool>', 'as `caravan pool homes` lists it')
    .option('--to <pool>', 'the new home of all (default: for each the pool that is least full)')
    .option(
      '--pace <users>',
      'at most so many users a minute',
      (value: string) => wholeNumber('--pace', value, 1, 100_000),
      120,
    )
    .option('--reopen', 'nobody is moved, and new users may come to it again')
    .action(async (pool: string, options: EvacuateOptions) => {
      const { client, terminal } = openPool(options);
      const path = `/pool/homes/${named(pool)}`;
      const isEvacuated = options.reopen !== true;
      await client.change('POST', `${path}/evacuation`, { evacuated: isEvacuated });
      if (!isEvacuated) return terminal.result({ pool, reopened: true }, `${pool} takes new users again.`);
      const { users } = await client.get<{ readonly users: readonly string[] }>(path);
      const failed: string[] = [];
      for (const [position, user] of users.entries()) {
        const nextAt = systemClock.monotonic() + MINUTE_MS / options.pace;
        const place = options.to === undefined ? {} : { to: options.to };
        try {
          const moved = await client.change<MoveReport>('POST', `/pool/users/${named(user)}/move`, place);
          terminal.result(moved, `${position + 1} of ${users.length}: ${moveLine(moved)}`);
        } catch (thrown) {
          failed.push(user);
          terminal.result({ user, failed: reasonOf(thrown) }, `${user} was not moved: ${reasonOf(thrown)}`);
        }
        // A timer of Node's own keeps the process alive.
        await pause(Math.max(0, nextAt - systemClock.monotonic()));
      }
      if (failed.length === 0)
        return terminal.result({ pool, evacuated: users.length }, evacuatedLine(pool, users.length));
      throw new CliError(
        'not-all-moved',
        `${failed.length} of ${users.length} users were not moved, and stay in ${pool}`,
        'Evacuate again: those who have moved are left alone.',
      );
    });
}

const evacuatedLine = (pool: string, users: number): string =>
  users === 0
    ? `Nobody is at home in ${pool}, and nobody new comes to it.`
    : `${users} ${users === 1 ? 'user was' : 'users were'} moved. Nobody new comes to ${pool}: --reopen ends that.`;
