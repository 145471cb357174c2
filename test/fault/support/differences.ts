/** What a device holds beside what the mailbox holds: ids, subjects, read marks, flags. */
import { type DeviceItem, type DeviceState, FolderType, itemText } from '../../../lib/activesync/client/index.ts';
import type { MailboxContents, StoredMessage } from './mailbox.ts';

const FLAGGED = '2';

/** One line for each difference; none if they are the same. */
export function differences(state: DeviceState, contents: MailboxContents): string[] {
  const found: string[] = [];
  const idOf = new Map(Object.values(state.folders).map((it) => [pathOf(state, it.serverId), it.serverId]));
  for (const [path, messages] of contents) {
    const id = idOf.get(path);
    if (id === undefined) {
      found.push(`the device has no folder ${path}`);
      continue;
    }
    const items = new Map(
      Object.values(state.collections[id]?.items ?? {}).map((it) => [Number(it.serverId.split(':').at(-1)), it]),
    );
    if (items.size !== Object.keys(state.collections[id]?.items ?? {}).length) {
      found.push(`${path}: one message under two ids: ${Object.keys(state.collections[id]?.items ?? {}).join(' ')}`);
    }
    for (const message of messages) {
      const item = items.get(message.uid);
      items.delete(message.uid);
      if (!item) found.push(`${path}: the device lacks ${message.uid} (${message.subject})`);
      else found.push(...unlike(item, message).map((it) => `${path}: ${message.uid} (${message.subject}) ${it}`));
    }
    for (const [uid, item] of items)
      found.push(`${path}: only the device has ${uid} (${itemText(item, 'Email:Subject')})`);
  }
  return found;
}

function unlike(item: DeviceItem, message: StoredMessage): string[] {
  const found: string[] = [];
  const isRead = itemText(item, 'Email:Read') === '1';
  if (isRead !== message.flags.has('\\Seen')) found.push(`is ${isRead ? 'read' : 'unread'} on the device alone`);
  const isFlagged = flagStatus(item) === FLAGGED;
  if (isFlagged !== message.flags.has('\\Flagged'))
    found.push(`is ${isFlagged ? '' : 'not '}flagged on the device alone`);
  const subject = itemText(item, 'Email:Subject') ?? '';
  if (subject !== message.subject) found.push(`is '${subject}' on the device`);
  return found;
}

function flagStatus(item: DeviceItem): string | undefined {
  const flag = item.data['Email:Flag'];
  if (!Array.isArray(flag)) return undefined;
  const status = flag.find(([tag]) => tag === 'Email:Status')?.[1];
  return typeof status === 'string' ? status : undefined;
}

/** As IMAP names it. */
function pathOf(state: DeviceState, id: string): string {
  const folder = state.folders[id];
  if (!folder) return '';
  if (folder.type === FolderType.inbox) return 'INBOX';
  const parent = folder.parentId === '0' ? '' : `${pathOf(state, folder.parentId)}/`;
  return `${parent}${folder.displayName}`;
}
