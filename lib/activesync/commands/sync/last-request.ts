/**
 * What a device need not say again: an empty request repeats the last one, a partial one leaves out the collections that
 * are as they were (MS-ASCMD 2.2.1.21.1, 2.2.3.130). Kept as WBXML in memory, as small as it gets; Options are left out, since
 * collections remember theirs.
 */
import {
  child,
  children,
  type Element,
  element,
  readWbxml,
  type TagName,
  text,
  writeWbxml,
} from '../../protocol/index.ts';

/** Of a collection, what a later request goes on with. */
const KEPT: readonly TagName[] = [
  'AirSync:Class',
  'AirSync:SyncKey',
  'AirSync:CollectionId',
  'AirSync:DeletesAsMoves',
  'AirSync:GetChanges',
  'AirSync:WindowSize',
];

const WAITS: readonly TagName[] = ['AirSync:Wait', 'AirSync:HeartbeatInterval'];

/** The request with all it refers to; undefined if it refers to something unknown. */
export function completeRequest(asked: Element | undefined, last: Uint8Array | undefined): Element | undefined {
  const isPartial = child(asked, 'AirSync:Partial') !== undefined;
  if (asked && !isPartial) return asked;
  if (!last) return undefined;
  const cached = readWbxml(last);
  return asked ? merged(asked, cached) : cached;
}

/** What to keep of a complete request. */
export function cachedRequest(complete: Element): Uint8Array {
  const collections = collectionsOf(complete).map((it) =>
    element(
      'AirSync:Collection',
      children(it).filter((part) => KEPT.includes(part.tag)),
    ),
  );
  return writeWbxml(
    element(
      'AirSync:Sync',
      element('AirSync:Collections', collections),
      children(complete).filter((it) => WAITS.includes(it.tag) || it.tag === 'AirSync:WindowSize'),
    ),
  );
}

/** Those named in the partial request go first and take the place of what was remembered of them. */
function merged(asked: Element, cached: Element): Element {
  const named = collectionsOf(asked);
  const ids = new Set(named.map(idOf));
  const rest = collectionsOf(cached).filter((it) => !ids.has(idOf(it)));
  return element(
    'AirSync:Sync',
    children(asked).filter((it) => it.tag !== 'AirSync:Collections'),
    element('AirSync:Collections', named, rest),
  );
}

const collectionsOf = (sync: Element): readonly Element[] =>
  children(child(sync, 'AirSync:Collections'), 'AirSync:Collection');

const idOf = (collection: Element): string => text(collection, 'AirSync:CollectionId')?.trim() ?? '';
