/**
 * Items with one binary attribute that may grow over the limit of an item. Such an attribute is cut into segments, which
 * are items of their own under a new name; they are written first, and then, with the caller's conditions, the head that
 * names them. So a write still is one conditional write of one item, and a reader never sees half of one.
 *
 *     USER#ada / FOLDERS                       version 8, segments ['7ag…', '2']
 *     USER#ada / SEGMENT#FOLDERS#7ag…#0        bytes
 *     USER#ada / SEGMENT#FOLDERS#7ag…#1        bytes
 */
import { type Clock, type Random, randomName } from '../platform/index.ts';
import { StoreError } from './errors.ts';
import { type Condition, type Item, ITEM_LIMIT_BYTES, type Key, type Store, type WriteResult } from './store.ts';

/** Of a segment, and of the attribute before it is cut: the rest of the item has the rest of the room. */
const SEGMENT_BYTES = ITEM_LIMIT_BYTES - 64 * 1024;
const READ_ATTEMPTS = 5;
/** No write takes so long between its segments and its head. */
const ORPHAN_MS = 86_400_000;
const SEGMENT_PREFIX = 'SEGMENT#';
const SEGMENTS = 'segments';

interface Segments {
  readonly name: string;
  readonly count: number;
}

export interface SegmentedItemsOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  /** The attribute that may be large. Of the others, `segments` is taken. */
  readonly attribute: string;
}

export class SegmentedItems {
  readonly #options: SegmentedItemsOptions;

  constructor(options: SegmentedItemsOptions) {
    this.#options = options;
  }

  /**
   * The item, whole; its `segments`, if it has any, are there for `put` and `delete`. Throws StoreError, 'store-corrupt' if
   * a segment is missing that its head names.
   */
  async get(key: Key): Promise<Item | undefined> {
    const head = await this.#options.store.get(key);
    return head && this.assemble(head);
  }

  /** The whole of an item as `query` gives it; if it has been replaced since, as it is now. */
  async assemble(head: Item): Promise<Item | undefined> {
    const { store, attribute } = this.#options;
    let current: Item | undefined = head;
    for (let attempt = 1; current !== undefined; attempt += 1) {
      const segments = segmentsOf(current);
      if (segments === undefined) return current;
      const parts = await Promise.all(keysOf(current.key, segments).map((key) => store.get(key)));
      const pieces = parts.map((part) => part?.attributes['bytes']).filter((piece) => piece instanceof Uint8Array);
      if (pieces.length === segments.count) {
        const whole = new Uint8Array(Buffer.concat(pieces));
        return { key: current.key, attributes: { ...current.attributes, [attribute]: whole } };
      }
      const again: Item | undefined = await store.get(head.key);
      if (attempt === READ_ATTEMPTS || segmentsOf(again)?.name === segments.name) throw incomplete(head.key);
      current = again;
    }
    return undefined;
  }

  /**
   * Replaces the whole item. Conditions must make sure that it is `previous` which is replaced, as `get` gave it: its
   * segments are removed. Throws StoreError, and then nothing was applied. What a crash or an unknown outcome leaves behind
   * is for `sweep`.
   */
  async put(item: Item, conditions: readonly Condition[], previous?: Item): Promise<WriteResult> {
    const { store, attribute } = this.#options;
    const { segments: _, ...attributes } = item.attributes;
    const value = attributes[attribute];
    if (!(value instanceof Uint8Array) || value.length <= SEGMENT_BYTES) {
      return this.#settle(await store.put({ key: item.key, attributes }, conditions), item.key, previous, undefined);
    }
    const segments = await this.#writeSegments(item.key, value);
    const { [attribute]: __, ...others } = attributes;
    const named = { ...others, [SEGMENTS]: [segments.name, String(segments.count)] };
    return this.#settle(
      await store.put({ key: item.key, attributes: named }, conditions),
      item.key,
      previous,
      segments,
    );
  }

  /** Removes the item. Conditions must make sure that it is `previous`, as `get` gave it. */
  async delete(previous: Item, conditions: readonly Condition[]): Promise<WriteResult> {
    const { key } = previous;
    return this.#settle(await this.#options.store.delete(key, conditions), key, previous, undefined);
  }

  /** Removes the segments in a partition that no item names, a day after they were written. Gives their number. */
  async sweep(partition: string): Promise<number> {
    const { store, clock } = this.#options;
    let count = 0;
    for await (const { key, attributes } of store.query(partition, { prefix: SEGMENT_PREFIX })) {
      const { of: sort, name, at } = attributes;
      if (typeof sort !== 'string' || typeof at !== 'number' || clock.now() - at < ORPHAN_MS) continue;
      // Names are never used again: what nothing names now, a day on, nothing ever will.
      if (segmentsOf(await store.get({ partition, sort }))?.name === name) continue;
      await store.delete(key);
      count += 1;
    }
    return count;
  }

  async #settle(
    result: WriteResult,
    key: Key,
    previous: Item | undefined,
    written: Segments | undefined,
  ): Promise<WriteResult> {
    if (result.outcome === 'unknown') return result;
    if (result.outcome === 'applied') {
      await this.#remove(key, segmentsOf(previous));
      return result;
    }
    await this.#remove(key, written);
    return { outcome: 'refused', current: result.current && (await this.assemble(result.current)) };
  }

  async #writeSegments(key: Key, value: Uint8Array): Promise<Segments> {
    const { store, clock, random } = this.#options;
    const segments = { name: randomName(random), count: Math.ceil(value.length / SEGMENT_BYTES) };
    for (const [position, segmentKey] of keysOf(key, segments).entries()) {
      const bytes = value.subarray(position * SEGMENT_BYTES, (position + 1) * SEGMENT_BYTES);
      const attributes = { of: key.sort, name: segments.name, at: clock.now(), bytes };
      const result = await store.put({ key: segmentKey, attributes });
      if (result.outcome !== 'applied') {
        throw new StoreError('store-unavailable', `The item '${key.partition}' / '${key.sort}' was not stored`, {
          why: 'a segment of it could not be written for sure',
          ...(result.outcome === 'unknown' && { cause: result.cause }),
        });
      }
    }
    return segments;
  }

  /** What cannot be removed now is left for `sweep`. */
  async #remove(key: Key, segments: Segments | undefined): Promise<void> {
    if (segments === undefined) return;
    await Promise.allSettled(keysOf(key, segments).map((segment) => this.#options.store.delete(segment)));
  }
}

function segmentsOf(item: Item | undefined): Segments | undefined {
  const value = item?.attributes[SEGMENTS];
  if (!Array.isArray(value)) return undefined;
  const [name, count] = value as readonly string[];
  return name === undefined ? undefined : { name, count: Number(count) };
}

const keysOf = ({ partition, sort }: Key, { name, count }: Segments): Key[] =>
  Array.from({ length: count }, (_, position) => ({ partition, sort: `${SEGMENT_PREFIX}${sort}#${name}#${position}` }));

const incomplete = ({ partition, sort }: Key): StoreError =>
  new StoreError('store-corrupt', `The item '${partition}' / '${sort}' cannot be read`, {
    why: 'a segment of it is missing',
    remedy: 'Remove the item, so that it is made again, or restore the table from a backup.',
  });
