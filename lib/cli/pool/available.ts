/** `caravan pool available`: whether a server takes users that nobody serves yet. */
import { Argument, type Command } from 'commander';
import type { ServerReport } from '../../administration/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { usersOf } from './server-lines.ts';
import { SERVER_NAMES } from './server-name.ts';

export function availableCommand(): Command {
  return poolSubcommand('available', 'Take a server out: it keeps its users and gets nobody new. Or bring it back.')
    .argument('<server>', SERVER_NAMES)
    .addArgument(new Argument('<state>').choices(['on', 'off']))
    .action(async (name: string, state: 'on' | 'off', options: PoolOptions) => {
      const { client, terminal } = openPool(options);
      const path = `/pool/servers/${named(name)}/available`;
      const server = await client.change<ServerReport>('POST', path, { available: state === 'on' });
      terminal.result(
        server,
        server.available
          ? `${server.address} takes users again.`
          : `${server.address} gets nobody new; it keeps its ${usersOf(server)}.`,
      );
    });
}
