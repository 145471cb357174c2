/** `caravan pool remove`: forgets a server that has ended, before it is forgotten by itself after a week. */
import type { Command } from 'commander';
import type { ServerReport } from '../../administration/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { SERVER_NAMES } from './server-name.ts';

export function removeCommand(): Command {
  return poolSubcommand('remove', 'Forget a server that has ended. It is forgotten by itself after a week.')
    .argument('<server>', SERVER_NAMES)
    .action(async (name: string, options: PoolOptions) => {
      const { client, terminal } = openPool(options);
      const server = await client.change<ServerReport>('DELETE', `/pool/servers/${named(name)}`);
      terminal.result(server, `${server.address} (session ${server.session}) is forgotten.`);
    });
}
