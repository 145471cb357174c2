/** `caravan outbox …`: sent mail that is on its way, or was given up. */
import type { Command } from 'commander';
import { dropCommand } from './drop.ts';
import { listCommand } from './list.ts';
import { retryCommand } from './retry.ts';

export function defineOutbox(outbox: Command): void {
  for (const command of [listCommand(), retryCommand(), dropCommand()]) outbox.addCommand(command);
}
