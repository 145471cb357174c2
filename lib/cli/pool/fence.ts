/** `caravan pool fence`: declares a server dead, so that the others take its users over. */
import type { Command } from 'commander';
import type { ServerReport } from '../../administration/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { named, openPool, poolSubcommand } from './pool-subcommand.ts';
import { SERVER_NAMES } from './server-name.ts';

interface FenceOptions extends PoolOptions {
  readonly gone?: boolean;
}

export function fenceCommand(): Command {
  return poolSubcommand('fence', 'Declare a server dead. It is watched for a lease first, and refused if it lives.')
    .argument('<server>', SERVER_NAMES)
    .option('--gone', 'its process or machine is known to have ended: at once. Never say so of one that may still run')
    .action(async (name: string, options: FenceOptions) => {
      const { client, terminal } = openPool(options);
      const gone = options.gone === true;
      if (!gone) terminal.progress('Watching whether it lives …');
      const server = await client.change<ServerReport>('POST', `/pool/servers/${named(name)}/fence`, { gone });
      terminal.result(
        server,
        `${server.address} (session ${server.session}) is ${server.status}: the others take its users over.`,
      );
    });
}
