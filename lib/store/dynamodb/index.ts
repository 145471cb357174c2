// The store of a pool, and a DynamoDB for one machine. Only types of DynamoStore: see open.ts.
export type { DynamoStore, DynamoStoreOptions } from './dynamo-store.ts';
export { type EmbeddedDynamo, type EmbeddedDynamoOptions, startEmbeddedDynamo } from './embedded.ts';
export { type EngineName } from './engines.ts';
export { openAwsCredentials } from './aws-credentials.ts';
export { openDynamoStore } from './open.ts';
