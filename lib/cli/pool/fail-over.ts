/** `caravan pool fail-over`: the users of a lost pool get another home, from the replica of its table. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { MoveReport } from '../../migration/index.ts';
import { reasonOf } from '../../platform/index.ts';
import { CliError } from '../errors.ts';
import { moveLine } from '../user/home-lines.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';

interface FailOverOptions extends PoolOptions {
  readonly to: string;
  readonly gone?: boolean;
}

interface FailOverBegun {
  readonly place: { readonly term: number };
  readonly waitMs: number;
}

export function failOverCommand(): Command {
  return poolSubcommand(
    'fail-over',
    'Several pools: give the users of a lost one to another, from the replica of its table.',
  )
    .argument('<pool>', 'the lost one')
    .requiredOption('--to <pool>', 'the new home; ask a server of it (--url)')
    .option('--gone', 'you know that no server of the lost pool serves anybody: nothing is waited for')
    .action(async (pool: string, options: FailOverOptions) => {
      const { client, terminal } = openPool(options);
      const path = `/pool/homes/${named(pool)}`;
      const { place, waitMs } = await client.change<FailOverBegun>('POST', `${path}/fail-over`, {
        gone: options.gone === true,
      });
      if (waitMs > 0) {
        const text = `${pool} claims nobody any more that hears of it; waiting ${waitMs / 1000} s until it serves nobody for certain.`;
        terminal.result({ waitMs }, text);
        // A timer of Node's own keeps the process alive.
        await pause(waitMs);
      }
      const { users } = await client.change<{ readonly users: readonly string[] }>('POST', `${path}/fail-over-users`, {
        to: options.to,
      });
      let failed = 0;
      for (const user of users) {
        try {
          const body = { from: pool, to: options.to, term: place.term };
          const moved = await client.change<MoveReport>('POST', `/pool/users/${named(user)}/take-over`, body);
          terminal.result(moved, moveLine(moved));
        } catch (thrown) {
          failed += 1;
          terminal.result({ user, failed: reasonOf(thrown) }, `${user} was not given over: ${reasonOf(thrown)}`);
        }
      }
      if (failed > 0) {
        throw new CliError(
          'not-all-moved',
          `${failed} of ${users.length} users were not given over`,
          'Run it again: those who were are left alone, and the pool stays marked until all are.',
        );
      }
      await client.change('POST', `${path}/fail-over-end`);
      terminal.result({ pool, to: options.to, givenOver: users.length }, givenOverLine(pool, options.to, users.length));
    });
}

const givenOverLine = (pool: string, to: string, users: number): string =>
  users === 0
    ? `Nobody was at home in ${pool}. It may serve users again when it comes back.`
    : `${users} ${users === 1 ? 'user was' : 'users were'} given over to ${to}. ${pool} may serve new users again when it comes back.`;
