/** `caravan pool drain`: a server gives its users away and ends. */
import type { Command } from 'commander';
import type { ServerReport } from '../../administration/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { usersOf } from './server-lines.ts';
import { SERVER_NAMES } from './server-name.ts';

export function drainCommand(): Command {
  return poolSubcommand('drain', 'Have a server give its users to the others, and end.')
    .argument('<server>', SERVER_NAMES)
    .action(async (name: string, options: PoolOptions) => {
      const { client, terminal } = openPool(options);
      const server = await client.change<ServerReport>('POST', `/pool/servers/${named(name)}/drain`);
      terminal.result(
        server,
        `${server.address} gives its ${usersOf(server)} away, and ends. \`caravan pool top\` shows how far it is.`,
      );
    });
}
