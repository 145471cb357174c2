import { describeStoreContract } from '../../contract/store.ts';
import { describeStoreFaults } from './describe-faults.ts';
import { openForContract, startEmbedded } from './test-dynamo.ts';

for (const engine of ['dynoxide', 'dynalite'] as const) {
  describeStoreContract(`DynamoStore on ${engine}`, () => openForContract(() => startEmbedded(engine)));
  describeStoreFaults(`DynamoStore on ${engine}`, () => startEmbedded(engine));
}
