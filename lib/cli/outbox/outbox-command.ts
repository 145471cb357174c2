/** `caravan outbox …`: sent mail that is on its way, or was given up. */
import type { Command } from 'commander';
import { dropCommand } from './drop.ts';
import { listCommand } from './list.ts';
import { retryCommand } from './retry.ts';

export function addOutboxCommands(program: Command): void {
  program
    .command('outbox')
    .description(
      "Sent mail that could not be handed on: what is on its way, what was given up, and what's to become of it.",
    )
    .addCommand(listCommand())
    .addCommand(retryCommand())
    .addCommand(dropCommand());
}
