/** The one table of a pool: how it is made (embedded, and in tests; in the cloud the stacks make it), and whether it fits. */
import type { CreateTableInput, DescribeTableOutput, TableDescription } from '@aws-sdk/client-dynamodb';
import { type Clock, sleep } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';
import { PARTITION_NAME, SORT_NAME } from './encoding.ts';
import { type Place, storeErrorOf } from './failures.ts';
import type { Requests } from './requests.ts';

/** Seconds since 1970 after which DynamoDB may remove the item, days late: for clean-up only, never relied upon. */
export const EXPIRY_NAME = 'expires';

/** Of a request about the table as a whole: these are slower than those about items. */
const TIMEOUT_MS = 5_000;
const POLL_MS = 200;
const POLLS = 150;

const definitionOf = (table: string): CreateTableInput => ({
  TableName: table,
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: [
    { AttributeName: PARTITION_NAME, KeyType: 'HASH' },
    { AttributeName: SORT_NAME, KeyType: 'RANGE' },
  ],
  AttributeDefinitions: [
    { AttributeName: PARTITION_NAME, AttributeType: 'S' },
    { AttributeName: SORT_NAME, AttributeType: 'S' },
  ],
});

/** What makes a missing table, in a terminal. */
export const createTableHint = ({ table }: Place): string =>
  `Check the table's name, the region and the account. The stack makes it (npx cdk deploy); by hand: aws dynamodb create-table ` +
  `--table-name ${table} --billing-mode PAY_PER_REQUEST --attribute-definitions AttributeName=${PARTITION_NAME},AttributeType=S ` +
  `AttributeName=${SORT_NAME},AttributeType=S --key-schema AttributeName=${PARTITION_NAME},KeyType=HASH ` +
  `AttributeName=${SORT_NAME},KeyType=RANGE`;

/** Makes the table if it is not there and waits until it can be used. Throws StoreError('store-unavailable'). */
export async function createTable(requests: Requests, place: Place, clock: Clock): Promise<void> {
  try {
    await requests.sendOnce(
      (client, options) => client.send('CreateTable', definitionOf(place.table), options),
      TIMEOUT_MS,
    );
  } catch (thrown) {
    // Another server of the pool was faster, or it was there.
    if ((thrown as Error).name !== 'ResourceInUseException') throw storeErrorOf(thrown, 'Making the table', place);
  }
  for (let poll = 0; poll < POLLS; poll += 1) {
    const description = await describeTable(requests, place);
    if (description.TableStatus === 'ACTIVE') {
      await checkTable(requests, place);
      return expireItems(requests, place);
    }
    await sleep(clock, POLL_MS);
  }
  throw new StoreError('store-unavailable', `The table ${place.table} did not become active`, {
    why: `it was not after ${(POLLS * POLL_MS) / 1000} s`,
    remedy: 'Look at its status in the console, and start again.',
  });
}

/** Throws StoreError('store-unavailable') for a table that is not there, cannot be reached, or has other keys. */
export async function checkTable(requests: Requests, place: Place): Promise<void> {
  const description = await describeTable(requests, place);
  const expected = definitionOf(place.table);
  const keysOf = ({ KeySchema, AttributeDefinitions }: TableDescription): string =>
    (KeySchema ?? [])
      .map(({ AttributeName, KeyType }) => {
        const type = AttributeDefinitions?.find((it) => it.AttributeName === AttributeName)?.AttributeType;
        return `${AttributeName} (${KeyType} ${type})`;
      })
      .join(', ');
  const wanted = keysOf({ KeySchema: expected.KeySchema, AttributeDefinitions: expected.AttributeDefinitions });
  const actual = keysOf(description);
  if (actual !== wanted) {
    throw new StoreError('store-unavailable', `The table ${place.table} at ${place.endpoint} cannot be used`, {
      why: `its keys are ${actual}, and Caravan's are ${wanted}`,
      remedy: 'It was not made for Caravan: name another table in the configuration.',
    });
  }
  if (description.TableStatus !== 'ACTIVE' && description.TableStatus !== 'UPDATING') {
    throw new StoreError('store-unavailable', `The table ${place.table} at ${place.endpoint} cannot be used`, {
      why: `its status is ${description.TableStatus}`,
      remedy: 'Wait until it is active, or name another table in the configuration.',
    });
  }
}

async function describeTable(requests: Requests, place: Place): Promise<TableDescription> {
  try {
    const { Table } = await requests.sendOnce(
      (client, options) => client.send<DescribeTableOutput>('DescribeTable', { TableName: place.table }, options),
      TIMEOUT_MS,
    );
    return Table ?? {};
  } catch (thrown) {
    throw storeErrorOf(thrown, 'Looking at the table', place);
  }
}

/** Not every stand-in knows it, and nothing depends on it. */
async function expireItems(requests: Requests, place: Place): Promise<void> {
  try {
    const TimeToLiveSpecification = { Enabled: true, AttributeName: EXPIRY_NAME };
    const input = { TableName: place.table, TimeToLiveSpecification };
    await requests.sendOnce((client, options) => client.send('UpdateTimeToLive', input, options), TIMEOUT_MS);
  } catch {
    // It is on already, or unknown here.
  }
}
