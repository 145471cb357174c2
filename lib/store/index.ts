// What must survive a server: the store's interface, its named conditions, and the embedded database.
export { absent, atMost, equals, oneOf, present } from './conditions.ts';
export { checkChanges, checkItem, checkKey } from './check-item.ts';
export { StoreError, type StoreErrorCode } from './errors.ts';
export { SqliteStore, type SqliteStoreOptions } from './sqlite/index.ts';
export {
  type Attributes,
  type AttributeValue,
  type Changes,
  type Condition,
  type Item,
  ITEM_LIMIT_BYTES,
  type Key,
  type QueryOptions,
  type Store,
  type WriteResult,
} from './store.ts';
