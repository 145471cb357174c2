import { describeStoreContract } from '../../contract/store.ts';
import { describeStoreFaults } from './describe-faults.ts';
import { openForContract, startLocal } from './test-dynamo.ts';

describeStoreContract('DynamoStore on DynamoDB Local', () => openForContract(startLocal));
describeStoreFaults('DynamoStore on DynamoDB Local', startLocal);
