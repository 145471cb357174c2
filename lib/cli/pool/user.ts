/** `caravan pool user`: who serves a user, since when, and the user's devices. */
import type { Command } from 'commander';
import type { UserReport } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { shownUser, userLines } from './user-lines.ts';

export function userCommand(): Command {
  return poolSubcommand('user', 'Who serves a user, since when, and with which devices.')
    .argument('<user>', 'ada, ada@example.org or EXAMPLE\\ada')
    .action(async (name: string, options: PoolOptions) => {
      const { client, terminal, processOf } = openPool(options);
      const user = shownUser(await client.get<UserReport>(`/pool/users/${named(name)}`), processOf);
      terminal.result(user, userLines(user, systemClock.now()));
    });
}
