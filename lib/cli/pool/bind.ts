/** `caravan pool bind`: a user is served by one server whenever that takes users. */
import type { Command } from 'commander';
import type { UserReport } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { SERVER_NAMES } from './server-name.ts';
import { shownUser, userLines } from './user-lines.ts';

export function bindCommand(): Command {
  return poolSubcommand('bind', 'Pin a user to a server: they move there within seconds, and come back to it.')
    .argument('<user>', 'ada, ada@example.org or EXAMPLE\\ada')
    .argument('<server>', SERVER_NAMES)
    .option('--new', 'the user may be one whom the pool has not served yet')
    .action(async (name: string, server: string, options: PoolOptions & { new?: boolean }) => {
      const { client, terminal, processOf } = openPool(options);
      const answer = await client.change<UserReport>('PUT', `/pool/users/${named(name)}/binding`, {
        server,
        ...(options.new && { new: true }),
      });
      const user = shownUser(answer, processOf);
      terminal.result(user, userLines(user, systemClock.now()));
    });
}
