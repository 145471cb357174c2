// What must survive a server: the store's interface, its named conditions, the embedded database, and DynamoDB.
export { absent, atMost, equals, lacks, oneOf, present } from './conditions.ts';
export { checkChanges, checkItem, checkKey } from './check-item.ts';
export {
  type DynamoStore,
  type DynamoStoreOptions,
  type EmbeddedDynamo,
  type EmbeddedDynamoOptions,
  type EngineName,
  openAwsCredentials,
  openDynamoStore,
  startEmbeddedDynamo,
} from './dynamodb/index.ts';
export { StoreError, type StoreErrorCode } from './errors.ts';
export { MeasuredStore } from './measured-store.ts';
export { noStoreMetrics, type StoreMetrics, type StoreOperation, type StoreRequestResult } from './metrics.ts';
export { SegmentedItems, type SegmentedItemsOptions } from './segmented-items.ts';
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
