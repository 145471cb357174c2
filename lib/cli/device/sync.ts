/** `caravan device sync`: brings one folder up to date and shows it. */
import type { Command } from 'commander';
import { classOfFolder, type DeviceItem } from '../../activesync/client/index.ts';
import { byDay, itemLine, showItem } from './item-lines.ts';
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
    .option('--window <count>', 'items in one round', '100')
    .option('--show <count>', 'how many items to show, of mail the newest', '20')
    .action(
      withDevice<SyncOptions>(async ({ client, terminal }, options) => {
        const windowSize = wholeNumber('--window', options.window, 1, 512);
        const show = wholeNumber('--show', options.show, 0, 1_000_000);
        terminal.progress('Reading the folders …');
        const folder = await pickFolder(client, options.folder);
        const itemClass = classOfFolder(folder.type) ?? 'Email';
        const noun = NOUNS[itemClass] ?? 'items';
        const totals = await client.syncAll(
          { collectionId: folder.serverId, windowSize },
          { onProgress: ({ items }) => terminal.progress(`${folder.displayName}: ${items} ${noun} …`) },
        );
        const lines = linesOf(client.items(folder.serverId), itemClass);
        if (terminal.json) {
          terminal.result(
            { folder: folder.displayName, version: client.state.version, [noun]: lines.length, ...totals },
            '',
          );
          for (const { value } of lines) terminal.result(value, '');
        }
        for (const { text } of lines.slice(0, show)) terminal.say(text);
        const { added, changed, deleted } = totals;
        terminal.say(
          `${folder.displayName}: ${lines.length} ${noun}; ${added} new, ${changed} changed, ${deleted} gone since the last sync. ActiveSync ${client.state.version ?? '?'}.`,
        );
      }),
    );
}

const NOUNS: Readonly<Record<string, string>> = {
  Email: 'messages',
  Calendar: 'events',
  Contacts: 'contacts',
  Tasks: 'tasks',
  Notes: 'notes',
};

interface Line {
  readonly value: object;
  readonly text: string;
}

function linesOf(items: readonly DeviceItem[], itemClass: string): readonly Line[] {
  if (itemClass === 'Email') {
    return items
      .map(mailLine)
      .sort(byDate)
      .map((value) => ({ value, text: showMail(value) }));
  }
  return items
    .map((item) => itemLine(item, itemClass))
    .sort(byDay)
    .map((value) => ({ value, text: showItem(value) }));
}
