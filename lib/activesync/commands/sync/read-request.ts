/** Reads a complete Sync request (MS-ASCMD 2.2.1.21): whatever is wrong with it is found before anything is carried out. */
import {
  child,
  children,
  type Element,
  flag,
  integer,
  MalformedValue,
  SyncStatus,
  type TagName,
  text,
} from '../../protocol/index.ts';
import type { CommandLimits } from '../command.ts';
import type { SyncCollection, SyncRequest } from './request.ts';

/** MS-ASCMD 2.2.3.199 */
const DEFAULT_WINDOW_SIZE = 100;
const MAX_WINDOW_SIZE = 512;
/** MS-ASCMD 3.1.5.10 */
const MAX_COMMANDS = 200;
const MAX_COLLECTIONS = 1000;
const MAX_ID_CHARACTERS = 64;
const SECONDS_PER_MINUTE = 60;

export type ReadSyncRequest =
  | ({ readonly kind: 'request' } & SyncRequest)
  /** `limit`: the bound that was overstepped. */
  | { readonly kind: 'refused'; readonly status: number; readonly limit: number };

/** Throws MalformedValue: a protocol error of the whole request. */
export function readSyncRequest(sync: Element, limits: CommandLimits): ReadSyncRequest {
  const collections = children(child(sync, 'AirSync:Collections'), 'AirSync:Collection');
  if (collections.length === 0) throw malformed('AirSync:Collections', 'at least one collection');
  if (collections.length > MAX_COLLECTIONS) {
    return { kind: 'refused', status: SyncStatus.invalidRequest, limit: MAX_COLLECTIONS };
  }
  const read = collections.map((it) => readCollection(it, limits));
  if (new Set(read.map((it) => it.id)).size < read.length)
    throw malformed('AirSync:CollectionId', 'each collection once');
  if (collections.reduce((sum, it) => sum + commandsIn(it), 0) > MAX_COMMANDS) {
    throw malformed('AirSync:Commands', `at most ${MAX_COMMANDS} commands`);
  }

  const wait = readWait(sync, limits);
  if (wait.kind === 'refused') return wait;
  return {
    kind: 'request',
    collections: read,
    windowSize: windowSize(sync, limits, MAX_WINDOW_SIZE),
    waitSeconds: wait.seconds,
  };
}

function readCollection(element: Element, limits: CommandLimits): SyncCollection {
  const id = text(element, 'AirSync:CollectionId')?.trim() ?? '';
  if (id === '' || id.length > MAX_ID_CHARACTERS) throw malformed('AirSync:CollectionId', '1 to 64 characters');
  const syncKey = text(element, 'AirSync:SyncKey')?.trim();
  if (!syncKey || syncKey.length > MAX_ID_CHARACTERS) throw malformed('AirSync:SyncKey', 'a sync key');
  const getChanges = flag(element, 'AirSync:GetChanges');
  if (syncKey === '0' && (getChanges === true || commandsIn(element) > 0)) {
    throw malformed('AirSync:GetChanges', 'neither changes nor commands under key 0');
  }
  return {
    id,
    syncKey,
    getChanges: syncKey !== '0' && (getChanges ?? true),
    windowSize: windowSize(element, limits, DEFAULT_WINDOW_SIZE),
    deletesAsMoves: flag(element, 'AirSync:DeletesAsMoves') ?? true,
    hasConversationMode: flag(element, 'AirSync:ConversationMode') ?? false,
    element,
  };
}

/** 0 and what lies above the most mean the most (MS-ASCMD_R4768); a setting may lower it, never raise it. */
function windowSize(parent: Element, limits: CommandLimits, absent: number): number {
  const asked = integer(parent, 'AirSync:WindowSize') ?? absent;
  if (asked < 0) throw malformed('AirSync:WindowSize', '0 to 512');
  return Math.min(asked === 0 ? MAX_WINDOW_SIZE : asked, MAX_WINDOW_SIZE, limits.maxWindowSize);
}

type ReadWait =
  | { readonly kind: 'wait'; readonly seconds: number | undefined }
  | { readonly kind: 'refused'; readonly status: number; readonly limit: number };

/** Wait is in minutes, HeartbeatInterval in seconds; the bound comes back in the unit that was asked in. */
function readWait(sync: Element, limits: CommandLimits): ReadWait {
  const minutes = integer(sync, 'AirSync:Wait');
  const seconds = integer(sync, 'AirSync:HeartbeatInterval');
  if (minutes !== undefined && seconds !== undefined) throw malformed('AirSync:Wait', 'no HeartbeatInterval beside it');
  if (minutes !== undefined) {
    const least = Math.max(1, Math.ceil(limits.minHeartbeatSeconds / SECONDS_PER_MINUTE));
    const most = Math.floor(limits.maxHeartbeatSeconds / SECONDS_PER_MINUTE);
    return bounded(minutes, least, most, SECONDS_PER_MINUTE);
  }
  if (seconds === undefined) return { kind: 'wait', seconds: undefined };
  return bounded(seconds, limits.minHeartbeatSeconds, limits.maxHeartbeatSeconds, 1);
}

function bounded(asked: number, least: number, most: number, unitSeconds: number): ReadWait {
  const nearest = Math.min(Math.max(asked, least), most);
  return nearest === asked
    ? { kind: 'wait', seconds: asked * unitSeconds }
    : { kind: 'refused', status: SyncStatus.invalidWait, limit: nearest };
}

const commandsIn = (collection: Element): number =>
  children(collection, 'AirSync:Commands').reduce((sum, it) => sum + children(it).length, 0);

const malformed = (tag: TagName, expected: string): MalformedValue => new MalformedValue(tag, '', expected);
