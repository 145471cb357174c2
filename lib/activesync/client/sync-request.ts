/** Sync requests, elements in the order of the schema (MS-ASCMD 2.2.1.21). */
import { type Element, element, type TagName } from '../protocol/index.ts';

export interface BodyPreference {
  /** 1 plain text, 2 HTML, 3 RTF, 4 MIME. */
  readonly type: 1 | 2 | 3 | 4;
  readonly truncationSizeBytes?: number | undefined;
  readonly allOrNone?: boolean | undefined;
  /** Characters of preview, up to 255. */
  readonly preview?: number | undefined;
}

/** What a device wants items to look like: Options of Sync, ItemOperations, Search. */
export interface ItemOptions {
  /** 0 all, 1 to 5: 1 day, 3 days, 1 week, 2 weeks, 1 month; 6 and 7 for calendars; 8 tasks that are not complete. */
  readonly filterType?: number | undefined;
  /** Of a collection that holds several: 'Email', 'SMS'. */
  readonly itemClass?: string | undefined;
  readonly bodyPreferences?: readonly BodyPreference[] | undefined;
  readonly bodyPartPreferences?: readonly BodyPreference[] | undefined;
  /** 0 none, 1 signed and encrypted messages alone, 2 all. */
  readonly mimeSupport?: 0 | 1 | 2 | undefined;
  readonly mimeTruncation?: number | undefined;
  /** 0 the device's change wins, 1 the server's (default). */
  readonly conflict?: 0 | 1 | undefined;
  readonly maxItems?: number | undefined;
}

/** A change that the device made, or an item that it wants whole. */
export type SyncCommand =
  | { readonly kind: 'add'; readonly clientId: string; readonly data: readonly Element[]; readonly itemClass?: string }
  | {
      readonly kind: 'change';
      readonly serverId: string;
      readonly data: readonly Element[];
      readonly instanceId?: string;
    }
  | { readonly kind: 'delete'; readonly serverId: string; readonly instanceId?: string }
  | { readonly kind: 'fetch'; readonly serverId: string };

export interface CollectionRequest extends ItemOptions {
  readonly collectionId: string;
  /** Default: the key of the device's state. */
  readonly syncKey?: string | undefined;
  /** Default: left out, which means yes except with key 0. */
  readonly getChanges?: boolean | undefined;
  readonly windowSize?: number | undefined;
  readonly deletesAsMoves?: boolean | undefined;
  readonly conversationMode?: boolean | undefined;
  /** With key 0: the properties that the device knows; others survive its changes. */
  readonly supported?: readonly TagName[] | undefined;
  readonly commands?: readonly SyncCommand[] | undefined;
}

export interface SyncRequest {
  readonly collections: readonly CollectionRequest[];
  /** For all collections together. */
  readonly windowSize?: number | undefined;
  /** Hold the request while nothing changes; one of the two. */
  readonly waitMinutes?: number | undefined;
  readonly heartbeatSeconds?: number | undefined;
  /** The collections are those that differ from the last complete request. */
  readonly partial?: boolean | undefined;
}

export function syncDocument(request: SyncRequest, keyOf: (collectionId: string) => string): Element {
  const { collections, waitMinutes, heartbeatSeconds, windowSize } = request;
  return element(
    'AirSync:Sync',
    collections.length > 0 &&
      element(
        'AirSync:Collections',
        collections.map((it) => collectionElement(it, it.syncKey ?? keyOf(it.collectionId))),
      ),
    waitMinutes !== undefined && element('AirSync:Wait', waitMinutes),
    heartbeatSeconds !== undefined && element('AirSync:HeartbeatInterval', heartbeatSeconds),
    windowSize !== undefined && element('AirSync:WindowSize', windowSize),
    request.partial === true && element('AirSync:Partial'),
  );
}

function collectionElement(it: CollectionRequest, syncKey: string): Element {
  const options = optionElements(it);
  const supported = it.supported?.map((tag) => element(tag));
  return element(
    'AirSync:Collection',
    element('AirSync:SyncKey', syncKey),
    element('AirSync:CollectionId', it.collectionId),
    supported !== undefined && element('AirSync:Supported', supported),
    it.deletesAsMoves !== undefined && element('AirSync:DeletesAsMoves', Number(it.deletesAsMoves)),
    it.getChanges !== undefined && element('AirSync:GetChanges', Number(it.getChanges)),
    it.windowSize !== undefined && element('AirSync:WindowSize', it.windowSize),
    it.conversationMode !== undefined && element('AirSync:ConversationMode', Number(it.conversationMode)),
    options.length > 0 && element('AirSync:Options', options),
    it.commands !== undefined && it.commands.length > 0 && element('AirSync:Commands', it.commands.map(commandElement)),
  );
}

/** The children of an Options element, whose MIMESupport is of AirSync in every command. */
export function optionElements(it: ItemOptions): readonly Element[] {
  const list = [
    it.filterType !== undefined && element('AirSync:FilterType', it.filterType),
    it.itemClass !== undefined && element('AirSync:Class', it.itemClass),
    ...(it.bodyPreferences ?? []).map((preference) => bodyPreference('AirSyncBase:BodyPreference', preference)),
    it.conflict !== undefined && element('AirSync:Conflict', it.conflict),
    it.mimeTruncation !== undefined && element('AirSync:MIMETruncation', it.mimeTruncation),
    it.mimeSupport !== undefined && element('AirSync:MIMESupport', it.mimeSupport),
    it.maxItems !== undefined && element('AirSync:MaxItems', it.maxItems),
    ...(it.bodyPartPreferences ?? []).map((preference) => bodyPreference('AirSyncBase:BodyPartPreference', preference)),
  ];
  return list.filter((part) => part !== false);
}

const bodyPreference = (tag: TagName, it: BodyPreference): Element =>
  element(
    tag,
    element('AirSyncBase:Type', it.type),
    it.truncationSizeBytes !== undefined && element('AirSyncBase:TruncationSize', it.truncationSizeBytes),
    it.allOrNone !== undefined && element('AirSyncBase:AllOrNone', Number(it.allOrNone)),
    it.preview !== undefined && element('AirSyncBase:Preview', it.preview),
  );

function commandElement(it: SyncCommand): Element {
  switch (it.kind) {
    case 'add':
      return element(
        'AirSync:Add',
        it.itemClass !== undefined && element('AirSync:Class', it.itemClass),
        element('AirSync:ClientId', it.clientId),
        element('AirSync:ApplicationData', it.data),
      );
    case 'change':
      return element(
        'AirSync:Change',
        element('AirSync:ServerId', it.serverId),
        it.instanceId !== undefined && element('AirSyncBase:InstanceId', it.instanceId),
        element('AirSync:ApplicationData', it.data),
      );
    case 'delete':
      return element(
        'AirSync:Delete',
        element('AirSync:ServerId', it.serverId),
        it.instanceId !== undefined && element('AirSyncBase:InstanceId', it.instanceId),
      );
    case 'fetch':
      return element('AirSync:Fetch', element('AirSync:ServerId', it.serverId));
  }
}
