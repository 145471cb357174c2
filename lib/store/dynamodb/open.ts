import type { DynamoStore, DynamoStoreOptions } from './dynamo-store.ts';

/**
 * A store on DynamoDB. The SDK is loaded here and not before: it costs a process a quarter of a second and 20 MB, which a
 * standalone server and the command line need not pay. Connects at the first call: `checkTable` tells whether it can.
 */
export async function openDynamoStore(options: DynamoStoreOptions): Promise<DynamoStore> {
  const { DynamoStore: Implementation } = await import('./dynamo-store.ts');
  return new Implementation(options);
}
