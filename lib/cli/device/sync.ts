/** `caravan device sync`: brings one folder up to date and shows it. */
import type { Command } from 'commander';
import { byDate, mailLine, showMail } from './mail-lines.ts';
import { deviceSubcommand, type DeviceOptions, withDevice } from './open-device.ts';
import { wholeNumber } from '../whole-number.ts';
import { pickFolder } from './pick-folder.ts';

interface SyncOptions extends DeviceOptions {
  readonly folder?: string;
  readonly window: string;
  readonly show: string;
}

export function syncCommand(): Command {
  return deviceSubcommand('sync', 'Sync one folder as a phone does, and show what is in it.')
    .option('--folder <name>', 'the folder (default: the inbox)')
    .option('--window <count>', 'messages in one round', '100')
    .option('--show <count>', 'how many of the newest messages to show', '20')
    .action(
      withDevice<SyncOptions>(async ({ client, terminal }, options) => {
        const windowSize = wholeNumber('--window', options.window, 1, 512);
        const show = wholeNumber('--show', options.show, 0, 1_000_000);
        terminal.progress('Reading the folders …');
        const folder = await pickFolder(client, options.folder);
        const totals = await client.syncAll(
          { collectionId: folder.serverId, windowSize },
          { onProgress: ({ items }) => terminal.progress(`${folder.displayName}: ${items} messages …`) },
        );
        const lines = client.items(folder.serverId).map(mailLine).sort(byDate);
        if (terminal.json) {
          terminal.result(
            { folder: folder.displayName, version: client.state.version, messages: lines.length, ...totals },
            '',
          );
          for (const line of lines) terminal.result(line, '');
        }
        for (const line of lines.slice(0, show)) terminal.say(showMail(line));
        const { added, changed, deleted } = totals;
        terminal.say(
          `${folder.displayName}: ${lines.length} messages; ${added} new, ${changed} changed, ${deleted} gone since the last sync. ActiveSync ${client.state.version ?? '?'}.`,
        );
      }),
    );
}
