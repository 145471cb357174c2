/** `caravan pool …`: for the people who run a pool. Any server of it answers. */
import type { Command } from 'commander';
import { availableCommand } from './available.ts';
import { bindCommand } from './bind.ts';
import { drainCommand } from './drain.ts';
import { evacuateCommand } from './evacuate.ts';
import { failOverCommand } from './fail-over.ts';
import { fenceCommand } from './fence.ts';
import { homesCommand } from './homes.ts';
import { rebalanceCommand } from './rebalance.ts';
import { removeCommand } from './remove.ts';
import { showCommand } from './show.ts';
import { topCommand } from './top.ts';
import { unbindCommand } from './unbind.ts';
import { userCommand } from './user.ts';

const COMMANDS = [
  showCommand,
  topCommand,
  userCommand,
  drainCommand,
  availableCommand,
  bindCommand,
  unbindCommand,
  rebalanceCommand,
  fenceCommand,
  removeCommand,
  homesCommand,
  evacuateCommand,
  failOverCommand,
];

export function definePool(pool: Command): void {
  for (const command of COMMANDS) pool.addCommand(command());
}
