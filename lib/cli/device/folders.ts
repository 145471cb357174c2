/** `caravan device folders`: the folders as a phone sees them. */
import type { Command } from 'commander';
import { deviceSubcommand, type DeviceOptions, withDevice } from './open-device.ts';

export function foldersCommand(): Command {
  return deviceSubcommand('folders', 'List the folders that a phone would show.').action(
    withDevice<DeviceOptions>(async ({ client, terminal }) => {
      terminal.progress('Reading the folders …');
      await client.folderSync();
      const folders = Object.values(client.state.folders);
      if (terminal.json) for (const folder of folders) terminal.result(folder, '');
      const depth = (parentId: string): number => {
        const parent = folders.find((it) => it.serverId === parentId);
        return parent ? 1 + depth(parent.parentId) : 0;
      };
      for (const { serverId, parentId, displayName } of folders) {
        terminal.say(`${serverId.padStart(5)}  ${'  '.repeat(depth(parentId))}${displayName}`);
      }
      terminal.say(`${folders.length} folders at ActiveSync ${client.state.version ?? '?'}.`);
    }),
  );
}
