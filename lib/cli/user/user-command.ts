/** `caravan user …`: a user's devices; and where there are several pools, in which one the user is at home. */
import type { Command } from 'commander';
import type { HomeReport } from '../../administration/index.ts';
import type { MoveReport } from '../../migration/index.ts';
import type { PoolOptions } from '../pool/find-pool.ts';
import { named, openPool, poolSubcommand } from '../pool/pool-subcommand.ts';
import {
  allowCommand,
  blockCommand,
  forgetCommand,
  quarantineCommand,
  recoveryPasswordCommand,
  rescanCommand,
  resendCommand,
  wipeCommand,
} from './device-orders.ts';
import { deviceCommand, devicesCommand } from './devices.ts';
import { homeLine, moveLine } from './home-lines.ts';
import { USER } from './user-subcommand.ts';

const OF_DEVICES = [
  devicesCommand,
  deviceCommand,
  allowCommand,
  blockCommand,
  quarantineCommand,
  wipeCommand,
  recoveryPasswordCommand,
  resendCommand,
  rescanCommand,
  forgetCommand,
];

export function defineUser(user: Command): void {
  for (const command of OF_DEVICES) user.addCommand(command());
  user.addCommand(
    poolSubcommand('show', 'Several pools: in which one a user is at home.')
      .argument('<user>', USER)
      .action(async (name: string, options: PoolOptions) => {
        const { client, terminal } = openPool(options);
        const home = await client.get<HomeReport>(`/pool/users/${named(name)}/home`);
        terminal.result(home, homeLine(home));
      }),
  );
  user.addCommand(
    poolSubcommand(
      'move',
      "Several pools: move a user to another one with all sync state; the user's devices notice nothing.",
    )
      .argument('<user>', USER)
      .requiredOption('--pool <pool>', 'the new home; the present one calls a move off that did not end')
      .option('--new', 'the user may be one whom no pool has served yet: the first device finds the home there')
      .action(async (name: string, options: PoolOptions & { pool: string; new?: boolean }) => {
        const { client, terminal } = openPool(options);
        const moved = await client.change<MoveReport>('POST', `/pool/users/${named(name)}/move`, {
          to: options.pool,
          ...(options.new && { new: true }),
        });
        terminal.result(moved, moveLine(moved));
      }),
  );
}
