/** `caravan pool unbind`: a user stays where they are, and may be moved again. */
import type { Command } from 'commander';
import type { UserReport } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { shownUser, userLines } from './user-lines.ts';

export function unbindCommand(): Command {
  return poolSubcommand('unbind', 'Let a user be moved again who was pinned to a server.')
    .argument('<user>', 'ada, ada@example.org or EXAMPLE\\ada')
    .action(async (name: string, options: PoolOptions) => {
      const { client, terminal, processOf } = openPool(options);
      const user = shownUser(
        await client.change<UserReport>('DELETE', `/pool/users/${named(name)}/binding`),
        processOf,
      );
      terminal.result(user, userLines(user, systemClock.now()));
    });
}
