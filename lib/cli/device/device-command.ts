/** `caravan device …`: a device of ours, for administrators' checks. */
import type { Command } from 'commander';
import { foldersCommand } from './folders.ts';
import { sendCommand } from './send.ts';
import { syncCommand } from './sync.ts';
import { watchCommand } from './watch.ts';

export function defineDevice(device: Command): void {
  for (const command of [foldersCommand(), syncCommand(), watchCommand(), sendCommand()]) device.addCommand(command);
}
