/** `caravan pool rebalance`: users go from servers that have much to do to those that have little. */
import type { Command } from 'commander';
import type { GiveReport } from '../../administration/index.ts';
import { table } from '../table.ts';
import type { PoolOptions } from './find-pool.ts';
import { openPool, poolSubcommand } from './pool-subcommand.ts';

interface RebalanceOptions extends PoolOptions {
  readonly dryRun?: boolean;
}

export function rebalanceCommand(): Command {
  return poolSubcommand('rebalance', 'Even out the servers now, as the pool does by itself every minute.')
    .option('--dry-run', 'tell what would be moved, and move nobody')
    .action(async (options: RebalanceOptions) => {
      const { client, terminal } = openPool(options);
      const dryRun = options.dryRun === true;
      const { gives } = await client.change<{ gives: readonly GiveReport[] }>('POST', '/pool/balance', { dryRun });
      const rows = gives.map(({ from, to, users }) => [from, to, String(users)]);
      const text =
        gives.length === 0
          ? 'Nobody is to be moved: no server has much less room than the others, and none has just joined.'
          : table(['FROM', 'TO', 'USERS'], rows);
      terminal.result({ dryRun, gives }, text);
    });
}
