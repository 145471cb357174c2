/** `caravan pool homes`: where there are several pools, which ones. */
import type { Command } from 'commander';
import type { PoolPlaceReport } from '../../administration/index.ts';
import { table } from '../table.ts';
import type { PoolOptions } from './find-pool.ts';
import { openPool, poolSubcommand } from './pool-subcommand.ts';

export function homesCommand(): Command {
  return poolSubcommand(
    'homes',
    'Several pools: which there are, where their front doors are, how full they are.',
  ).action(async (options: PoolOptions) => {
    const { client, terminal } = openPool(options);
    const { pools } = await client.get<{ readonly pools: readonly PoolPlaceReport[] }>('/pool/homes');
    const rows = pools.map(
      ({ pool, url, site = '', mailServer, state, enrolled, term, users, room, tenureSeconds }) => [
        pool,
        url,
        site,
        mailServer,
        enrolled === undefined ? state : `${state}: ${enrolled} users have their home`,
        String(term),
        `${users}${room === undefined ? '' : ` of ${room}`}`,
        tenureSeconds === undefined ? 'without end' : `${tenureSeconds} s`,
      ],
    );
    const head = ['POOL', 'FRONT DOOR', 'SITE', 'MAIL SERVER', 'STATE', 'TERM', 'USERS', 'TENURE'];
    const conflicts = pools
      .filter((it) => it.conflicts !== undefined)
      .map(
        (it) =>
          `${it.pool} had users who are at home in another pool, which had them too; what ${it.pool} has of them is kept and not used: ${it.conflicts?.join(', ')}`,
      );
    terminal.result({ pools }, [table(head, rows), ...conflicts].join('\n'));
  });
}
