/** A Sync answer put into the device's state. */
import { SyncStatus } from '../protocol/index.ts';
import { type CollectionState, FIRST_KEY } from './device-state.ts';
import { changedItem, type DeviceItem, toItem } from './plain-item.ts';
import type { CollectionAnswer, CommandResult } from './sync-answer.ts';
import type { SyncCommand } from './sync-request.ts';

/** Status 3 empties the collection, as it does on a phone; any other failure changes nothing. */
export function applySync(
  collection: CollectionState,
  answer: CollectionAnswer,
  commands: readonly SyncCommand[] = [],
): void {
  if (answer.status === SyncStatus.invalidSyncKey) {
    collection.syncKey = FIRST_KEY;
    collection.items = {};
    return;
  }
  if (answer.status !== SyncStatus.success) return;
  collection.syncKey = answer.syncKey ?? collection.syncKey;
  for (const command of commands) applyCommand(collection.items, command, answer.results);
  for (const item of answer.added) collection.items[item.serverId] = item;
  for (const item of answer.changed) {
    const known = collection.items[item.serverId];
    collection.items[item.serverId] = known ? changedItem(known, item) : item;
  }
  for (const serverId of [...answer.deleted, ...answer.softDeleted]) delete collection.items[serverId];
}

/** What the device did holds when the server says nothing against it (MS-ASCMD 2.2.3.154). */
function applyCommand(
  items: Record<string, DeviceItem>,
  command: SyncCommand,
  results: readonly CommandResult[],
): void {
  const result = results.find((it) =>
    command.kind === 'add'
      ? it.clientId === command.clientId
      : it.kind === command.kind && it.serverId === command.serverId,
  );
  if (result !== undefined && result.status !== SyncStatus.success) return;
  // Of one occurrence: the item stays.
  if ('instanceId' in command && command.instanceId !== undefined) return;
  switch (command.kind) {
    case 'add': {
      if (result?.serverId === undefined) return;
      const sent = toItem(result.serverId, command.data);
      items[result.serverId] = result.item ? changedItem(sent, result.item) : sent;
      return;
    }
    case 'change': {
      const known = items[command.serverId];
      if (known) items[command.serverId] = changedItem(known, toItem(command.serverId, command.data));
      return;
    }
    case 'delete':
      delete items[command.serverId];
      return;
    case 'fetch':
      if (result?.item) items[command.serverId] = changedItem(items[command.serverId] ?? result.item, result.item);
  }
}
