/**
 * What must survive a server. A small key-value interface with single-item conditional writes, shaped so that DynamoDB
 * and an embedded database behave alike (ownership.md, sync-state.md). Implementations: `sqlite/` for a server alone,
 * `dynamodb/` for a pool.
 */

/** An item is found by its partition (`USER#ada`) and, within that, its sort key (`DEVICE#x1`). Both non-empty. */
export interface Key {
  readonly partition: string;
  readonly sort: string;
}

/** Values keep their type; a missing attribute is absent, never null. Numbers are integers within ±2^53 or finite doubles. */
export type AttributeValue = string | number | boolean | Uint8Array | readonly string[];
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface Item {
  readonly key: Key;
  readonly attributes: Attributes;
}

/**
 * One sub-condition on the item as it is when the write happens; a write takes a list of them, all of which must hold.
 * Make them with the named functions of `conditions.ts`.
 */
export type Condition =
  | { readonly kind: 'absent' }
  | { readonly kind: 'present' }
  | { readonly kind: 'equals'; readonly attribute: string; readonly value: AttributeValue }
  | { readonly kind: 'one-of'; readonly attribute: string; readonly values: readonly AttributeValue[] }
  | { readonly kind: 'lacks'; readonly attribute: string }
  | { readonly kind: 'at-most'; readonly attribute: string; readonly value: number };

/**
 * The outcome of a write is a value; a write throws StoreError only where it is certain that it was not applied. `unknown`
 * is a timeout, a reset or a 5xx: it may have been applied, so read the item consistently and decide. `refused` bears the
 * item that refused the condition, if it exists.
 */
export type WriteResult =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'refused'; readonly current: Item | undefined }
  | { readonly outcome: 'unknown'; readonly cause: unknown };

/** Attributes to set, and attributes to remove. */
export interface Changes {
  readonly set?: Attributes;
  readonly remove?: readonly string[];
}

export interface QueryOptions {
  /** Only sort keys that begin so. */
  readonly prefix?: string;
  readonly consistent?: boolean;
  /** At the most so many items; default: all. */
  readonly limit?: number;
}

export interface Store {
  /** `consistent` (default true) sees every write that was applied before the call. Throws StoreError('store-unavailable'). */
  get(key: Key, options?: { readonly consistent?: boolean }): Promise<Item | undefined>;
  /** Replaces the whole item. */
  put(item: Item, conditions?: readonly Condition[]): Promise<WriteResult>;
  /** Sets and removes single attributes; makes the item if it does not exist and the conditions allow. */
  update(key: Key, changes: Changes, conditions?: readonly Condition[]): Promise<WriteResult>;
  delete(key: Key, conditions?: readonly Condition[]): Promise<WriteResult>;
  /** Items of one partition in the order of their sort keys (UTF-8 bytes). */
  query(partition: string, options?: QueryOptions): AsyncIterable<Item>;
  /** For administration only: every item, in no order. */
  scan(): AsyncIterable<Item>;
  close(): Promise<void>;
}

/** The largest item, attribute names and values together: DynamoDB's own bound. Larger writes throw StoreError('item-too-large'). */
export const ITEM_LIMIT_BYTES = 400 * 1024;
