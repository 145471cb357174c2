/** `caravan pool show`: the servers, how they are, and why one is constrained. */
import type { Command } from 'commander';
import type { ServerReport } from '../../administration/index.ts';
import { systemClock } from '../../platform/index.ts';
import type { PoolOptions } from './find-pool.ts';
import { openPool, type OpenPool, poolSubcommand } from './pool-subcommand.ts';
import { hasEnded, serverTable, type ShownServer, shownServer } from './server-lines.ts';

interface ShowOptions extends PoolOptions {
  readonly all?: boolean;
}

export function showCommand(): Command {
  return poolSubcommand('show', 'The servers: where, how well, with how many users and devices.')
    .option('--all', 'those that have ended, too')
    .action(async (options: ShowOptions) => {
      const pool = openPool(options);
      const { servers, ended } = await readServers(pool, options.all === true);
      const more =
        ended === 0 ? '' : `\n${ended} ${ended === 1 ? 'session has' : 'sessions have'} ended: --all shows them.`;
      pool.terminal.result({ servers }, `${serverTable(servers, systemClock.now())}${more}`);
    });
}

/** `ended` counts those that are left out. */
export async function readServers(
  { client, processOf }: OpenPool,
  withEnded: boolean,
): Promise<{ readonly servers: readonly ShownServer[]; readonly ended: number }> {
  const { servers } = await client.get<{ servers: readonly ServerReport[] }>('/pool');
  const shown = servers.filter((it) => withEnded || !hasEnded(it));
  return { servers: shown.map((it) => shownServer(it, processOf(it.address))), ended: servers.length - shown.length };
}
