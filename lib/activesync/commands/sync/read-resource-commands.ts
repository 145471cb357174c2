/** What a device did to events, contacts, tasks and notes: new texts, made of the resources as they are then. */
import type { Account } from '../../../backends/index.ts';
import type { ClientCommand, ResourceEdit, SyncFolder } from '../../../sync/index.ts';
import { ItemError, type ResourceClass } from '../../items/index.ts';
import {
  atLeast,
  child,
  type Element,
  element,
  MalformedValue,
  parseTimestamp,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../protocol/index.ts';
import { codecOf } from '../resource-codecs.ts';

export interface ResourceCommandSite {
  readonly folder: SyncFolder;
  readonly version: ProtocolVersion;
  readonly account: Account;
}

export function createCommand(
  added: Element,
  digest: string,
  clientId: string,
  site: ResourceCommandSite,
): ClientCommand {
  const data = child(added, 'AirSync:ApplicationData');
  if (!data) return { kind: 'malformed', digest, of: 'add', clientId };
  return { kind: 'create', digest, clientId, make: editOf(data, undefined, site) };
}

export function editCommand(
  changed: Element,
  digest: string,
  serverId: string,
  site: ResourceCommandSite,
): ClientCommand {
  const data = child(changed, 'AirSync:ApplicationData');
  const instance = instanceOf(changed);
  if (!data || instance === 'malformed') return { kind: 'malformed', digest, of: 'change', serverId };
  return { kind: 'edit', digest, serverId, make: editOf(data, instance, site) };
}

/** 16.x: with an InstanceId one occurrence goes, which changes the resource (MS-ASCAL 2.2.2.1, MS-ASCMD 2.2.3.84). */
export function deleteCommand(
  deleted: Element,
  digest: string,
  serverId: string,
  site: ResourceCommandSite,
): ClientCommand {
  const instance = instanceOf(deleted);
  if (instance === 'malformed') return { kind: 'malformed', digest, of: 'delete', serverId };
  if (instance === undefined || site.folder.itemClass !== 'Calendar' || !atLeast(site.version, '16.0')) {
    return { kind: 'delete', digest, serverId };
  }
  const gone = element('AirSync:ApplicationData', element('Calendar:Deleted', 1));
  return { kind: 'edit', digest, serverId, make: editOf(gone, instance, site) };
}

function editOf(
  data: Element,
  instanceId: Date | undefined,
  { folder, version, account }: ResourceCommandSite,
): ResourceEdit {
  const codec = codecOf(folder.itemClass as ResourceClass);
  return (source, { uid, now, supported }) => {
    if (!codec) return { failure: 'failed' };
    try {
      const known = supported && new Set(supported as readonly TagName[]);
      return { text: codec.change(source, data, { version, account, now, uid, supported: known, instanceId }) };
    } catch (thrown) {
      if (thrown instanceof MalformedValue) return { failure: 'malformed' };
      if (thrown instanceof ItemError) return { failure: 'failed' };
      throw thrown;
    }
  };
}

function instanceOf(command: Element): Date | undefined | 'malformed' {
  const value = text(command, 'AirSyncBase:InstanceId')?.trim();
  if (!value) return undefined;
  const time = parseTimestamp(value);
  return time === undefined ? 'malformed' : new Date(time);
}
