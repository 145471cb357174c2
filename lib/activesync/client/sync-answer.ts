/** Sync answers as values. */
import { child, children, type Element, integer, text } from '../protocol/index.ts';
import { elementsAt } from './answer-status.ts';
import { type DeviceItem, toItem } from './plain-item.ts';

/** How one of the device's own commands went. */
export interface CommandResult {
  readonly kind: 'add' | 'change' | 'delete' | 'fetch';
  readonly status: number;
  readonly serverId: string | undefined;
  /** Of an Add. */
  readonly clientId: string | undefined;
  /** A fetched item, or what the server made of an added one. */
  readonly item: DeviceItem | undefined;
}

export interface CollectionAnswer {
  readonly collectionId: string;
  readonly status: number;
  readonly syncKey: string | undefined;
  readonly moreAvailable: boolean;
  readonly added: readonly DeviceItem[];
  readonly changed: readonly DeviceItem[];
  /** ServerIds. */
  readonly deleted: readonly string[];
  /** ServerIds that left the filter window. */
  readonly softDeleted: readonly string[];
  readonly results: readonly CommandResult[];
}

export interface SyncAnswer {
  /** Of the whole request; undefined where collections have their own, or nothing changed. */
  readonly status: number | undefined;
  /** The bound that Status 14 or 15 comes with. */
  readonly limit: number | undefined;
  /** In the order of the answer; empty where nothing changed. */
  readonly collections: readonly CollectionAnswer[];
}

export function syncAnswer(document: Element | undefined): SyncAnswer {
  return {
    status: integer(document, 'AirSync:Status'),
    limit: integer(document, 'AirSync:Limit'),
    collections: elementsAt(document, 'AirSync:Collections', 'AirSync:Collection').map(collectionAnswer),
  };
}

function collectionAnswer(it: Element): CollectionAnswer {
  const commands = child(it, 'AirSync:Commands');
  return {
    collectionId: text(it, 'AirSync:CollectionId') ?? '',
    status: integer(it, 'AirSync:Status') ?? 1,
    syncKey: text(it, 'AirSync:SyncKey'),
    moreAvailable: child(it, 'AirSync:MoreAvailable') !== undefined,
    added: children(commands, 'AirSync:Add').map(itemOf),
    changed: children(commands, 'AirSync:Change').map(itemOf),
    deleted: children(commands, 'AirSync:Delete').map(serverIdOf),
    softDeleted: children(commands, 'AirSync:SoftDelete').map(serverIdOf),
    results: children(child(it, 'AirSync:Responses')).map(resultOf),
  };
}

const serverIdOf = (it: Element): string => text(it, 'AirSync:ServerId') ?? '';

const itemOf = (it: Element): DeviceItem => toItem(serverIdOf(it), children(child(it, 'AirSync:ApplicationData')));

function resultOf(it: Element): CommandResult {
  return {
    kind: KINDS[it.tag] ?? 'change',
    status: integer(it, 'AirSync:Status') ?? 1,
    serverId: text(it, 'AirSync:ServerId'),
    clientId: text(it, 'AirSync:ClientId'),
    item: child(it, 'AirSync:ApplicationData') && itemOf(it),
  };
}

const KINDS: Readonly<Record<string, CommandResult['kind']>> = {
  'AirSync:Add': 'add',
  'AirSync:Change': 'change',
  'AirSync:Delete': 'delete',
  'AirSync:Fetch': 'fetch',
};
