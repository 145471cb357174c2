/** What a device did to events, contacts, tasks and notes: new texts, made of the resources as they are then. */
import type { Account } from '../../../backends/index.ts';
import type { ClientCommand, EditedResource, ResourceEdit, SyncFolder } from '../../../sync/index.ts';
import {
  type ChangeContext,
  ItemError,
  type ResourceClass,
  type ResourceCodec,
  resourceCodec,
} from '../../items/index.ts';
import {
  atLeast,
  child,
  type Element,
  MalformedValue,
  parseTimestamp,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../protocol/index.ts';

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
  return {
    kind: 'create',
    digest,
    clientId,
    make: editOf(site, (codec, source, context) => ({ text: codec.change(source, data, context) })),
  };
}

export function editCommand(
  changed: Element,
  digest: string,
  serverId: string,
  site: ResourceCommandSite,
): ClientCommand {
  const data = child(changed, 'AirSync:ApplicationData');
  const instanceId = instanceOf(changed);
  if (!data || instanceId === 'malformed') return { kind: 'malformed', digest, of: 'change', serverId };
  return {
    kind: 'edit',
    digest,
    serverId,
    make: editOf(site, (codec, source = '', context) => {
      const split = codec.split?.(source, data, context);
      if (split) return { text: split.rest, isOther: true, further: split.done };
      return { text: codec.change(source, data, { ...context, instanceId }) };
    }),
  };
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
  const make = editOf(site, (codec, source = '', context) => ({
    text: codec.deleteOccurrence?.(source, instance, context) ?? source,
  }));
  return { kind: 'edit', digest, serverId, make };
}

type Edit = (codec: ResourceCodec, source: string | undefined, context: ChangeContext) => EditedResource;

function editOf({ folder, version, account }: ResourceCommandSite, edit: Edit): ResourceEdit {
  const codec = resourceCodec(folder.itemClass as ResourceClass);
  return (source, { uid, now, supported }) => {
    try {
      const known = supported && new Set(supported as readonly TagName[]);
      return edit(codec, source, { version, account, zone: account.zone, now, uid, supported: known });
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
