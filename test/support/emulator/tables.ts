/**
 * The tables of a deployment, made by what its templates say of them in a DynamoDB that decides on conditions as AWS's does. moto's
 * does not: it takes "1" for 1 in `=`, fails on `<=` where the attribute is missing or no number, fails on an update without
 * changes, and measures items larger than they are (9 of the 137 tests of test/contract/store.ts).
 */
import {
  type AttributeDefinition,
  type BillingMode,
  CreateTableCommand,
  DynamoDBClient,
  type KeySchemaElement,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { type EmbeddedDynamo, startEmbeddedDynamo } from '../../../lib/store/index.ts';
import type { Resource } from './left-out.ts';

const TABLES: readonly string[] = ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'];

/** The only table of a template. */
export function tableOf({ Resources }: { readonly Resources: Readonly<Record<string, Resource>> }): TableProperties {
  const [table, ...more] = Object.values(Resources).filter(({ Type }) => TABLES.includes(Type));
  if (!table || more.length > 0) throw new Error(`${more.length + (table ? 1 : 0)} tables`);
  return (table.Properties ?? {}) as unknown as TableProperties;
}

/** As a template has them. */
export interface TableProperties {
  readonly TableName?: string;
  readonly KeySchema: KeySchemaElement[];
  readonly AttributeDefinitions: AttributeDefinition[];
  readonly BillingMode: BillingMode;
  readonly TimeToLiveSpecification: { readonly AttributeName: string; readonly Enabled: boolean };
}

/** By the names of the tables. */
export async function startTables(tables: Readonly<Record<string, TableProperties>>): Promise<EmbeddedDynamo> {
  const dynamo = await startEmbeddedDynamo();
  const client = new DynamoDBClient({
    endpoint: dynamo.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (const [TableName, properties] of Object.entries(tables)) {
    const { KeySchema, AttributeDefinitions, BillingMode, TimeToLiveSpecification } = properties;
    await client.send(new CreateTableCommand({ TableName, KeySchema, AttributeDefinitions, BillingMode }));
    await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
  }
  client.destroy();
  return dynamo;
}
