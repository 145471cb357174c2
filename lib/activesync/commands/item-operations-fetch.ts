/**
 * ItemOperations/Fetch (MS-ASCMD 2.2.3.67.1): an item by its place or by what a search called it, or an attachment.
 * Items that are wanted alike are brought in one go.
 */
import type { ItemClass } from '../../backends/index.ts';
import type { SyncItem } from '../../sync/index.ts';
import type { EmailOptions } from '../items/index.ts';
import {
  child,
  children,
  type Element,
  element,
  ItemOperationsStatus,
  MalformedValue,
  type TagName,
  text,
  textOf,
} from '../protocol/index.ts';
import type { CommandContext, CommandRequest } from './command.ts';
import type { Delivery } from './item-delivery.ts';
import { itemRenderer } from './item-renderer.ts';
import { fetchAttachment } from './item-operations-attachment.ts';
import { serverIdOfLongId } from './long-id.ts';
import { readEmailOptions } from './read-email-options.ts';
import { renderItems } from './render-items.ts';

interface WantedItem {
  readonly operation: Element;
  readonly item: SyncItem;
  readonly options: EmailOptions;
  /** Schema: the only properties wanted; empty: all. */
  readonly schema: readonly TagName[];
}

export async function fetchItems(
  operations: readonly Element[],
  request: CommandRequest,
  context: CommandContext,
  delivery: Delivery,
): Promise<readonly Element[]> {
  const answers = new Map<Element, Element>();
  const alike = new Map<string, WantedItem[]>();
  for (const operation of operations) {
    const wanted = await understand(operation, request, context, delivery);
    if ('tag' in wanted) answers.set(operation, wanted);
    else {
      const key = JSON.stringify([wanted.item.folder.itemClass, wanted.options, wanted.schema]);
      const group = alike.get(key);
      if (group) group.push(wanted);
      else alike.set(key, [wanted]);
    }
  }
  for (const group of alike.values()) {
    for (const [operation, answer] of await fetchAlike(group, context, delivery)) answers.set(operation, answer);
  }
  return operations.flatMap((it) => answers.get(it) ?? []);
}

/** The item that is wanted, or the answer already. */
async function understand(
  operation: Element,
  request: CommandRequest,
  context: CommandContext,
  delivery: Delivery,
): Promise<WantedItem | Element> {
  const store = text(operation, 'ItemOperations:Store')?.trim().toLowerCase();
  if (store === undefined) return fetched(operation, ItemOperationsStatus.protocolError);
  // R4161: no document library here.
  if (store !== 'mailbox') return fetched(operation, ItemOperationsStatus.unknownStore);
  const options = child(operation, 'ItemOperations:Options');
  // R3547
  if (child(options, 'ItemOperations:DeleteSubFolders')) return fetched(operation, ItemOperationsStatus.protocolError);

  const references = children(operation, 'AirSyncBase:FileReference');
  // R765
  if (references.length > 1) return fetched(operation, ItemOperationsStatus.protocolError);
  if (references[0]) {
    const { status, properties } = await fetchAttachment(textOf(references[0]), options, context, delivery);
    return fetched(operation, status, properties);
  }
  try {
    const rendering = readEmailOptions(options, request.version);
    if (typeof rendering === 'number') return fetched(operation, rendering);
    const found = await itemOf(operation, context);
    if (typeof found === 'number') return fetched(operation, found);
    const schema = children(child(options, 'ItemOperations:Schema')).map((it) => it.tag);
    return { operation, item: found, options: rendering, schema };
  } catch (thrown) {
    if (thrown instanceof MalformedValue) return fetched(operation, ItemOperationsStatus.protocolError);
    throw thrown;
  }
}

async function itemOf(operation: Element, { user }: CommandContext): Promise<SyncItem | number> {
  const longId = text(operation, 'Search:LongId');
  const serverId = longId === undefined ? text(operation, 'AirSync:ServerId') : serverIdOfLongId(longId);
  if (serverId === undefined) {
    return longId === undefined ? ItemOperationsStatus.protocolError : ItemOperationsStatus.notFound;
  }
  const item = await user.item(serverId);
  const collectionId = text(operation, 'AirSync:CollectionId');
  const isThere = longId !== undefined || collectionId === undefined || item?.folder.id === collectionId;
  return item && isThere ? item : ItemOperationsStatus.notFound;
}

async function fetchAlike(
  group: readonly WantedItem[],
  { user, log }: CommandContext,
  delivery: Delivery,
): Promise<readonly (readonly [Element, Element])[]> {
  const [first] = group;
  if (!first) return [];
  const isWanted = (tag: TagName): boolean => first.schema.length === 0 || first.schema.includes(tag);
  const outOfLine = isWanted('AirSyncBase:Body') ? delivery.outOfLine : undefined;
  const { itemClass } = first.item.folder;
  const renderer = itemRenderer(itemClass, first.options, user, outOfLine);
  const items = new Map(group.map(({ item }) => [item.serverId, item]));
  const { rendered, unrenderable } = await renderItems(user, [...items.values()], renderer, log);
  const properties = new Map(rendered.map((it) => [it.item.serverId, it.properties]));
  return group.map(({ operation, item }) => {
    const found = properties.get(item.serverId)?.filter((it) => isWanted(it.tag));
    if (found) return [operation, fetched(operation, ItemOperationsStatus.success, found, itemClass)];
    const isPoison = unrenderable.includes(item.serverId);
    return [
      operation,
      fetched(operation, isPoison ? ItemOperationsStatus.conversionFailed : ItemOperationsStatus.notFound),
    ];
  });
}

/** The answer to one Fetch: what was asked, named as it was asked, in the order of the schema. */
function fetched(
  operation: Element,
  status: number,
  properties?: readonly Element[],
  itemClass: ItemClass = 'Email',
): Element {
  return element(
    operation.tag,
    element('ItemOperations:Status', status),
    child(operation, 'AirSync:CollectionId'),
    child(operation, 'AirSync:ServerId'),
    child(operation, 'Search:LongId'),
    properties && !child(operation, 'AirSyncBase:FileReference') && element('AirSync:Class', itemClass),
    child(operation, 'DocumentLibrary:LinkId'),
    child(operation, 'AirSyncBase:FileReference'),
    properties && element('ItemOperations:Properties', properties),
  );
}
