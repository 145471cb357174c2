/**
 * What must survive every server: one table, in one region. It may have a replica in another, which nobody reads before the region is
 * lost. Of the kind that can be given replicas later from the first on: to become one, a table would have to be replaced.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, type ITable, Table, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { allowKey, allowKeyOfTable } from './rights.ts';

export interface StoreProps {
  readonly key: IKey;
  readonly tableName: string;
  /** The table is there, and not made. */
  readonly isExisting: boolean;
  /** Of one of several pools: others move users to and from it, and it may have replicas in their regions. */
  readonly isShared: boolean;
  /** Regions. */
  readonly replicas: readonly string[];
}

/** What everybody does who uses the store (lib/store/dynamodb): single items, and queries. */
const ACTIONS = [
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
  'dynamodb:DescribeTable',
] as const;

export class Store extends Construct {
  readonly table: ITable;
  /** Undefined for a table that is there: it is under the key of the stack that made it. */
  readonly #key: IKey | undefined;

  constructor(scope: Construct, id: string, { key, tableName, isExisting, isShared, replicas }: StoreProps) {
    super(scope, id);
    // A table that comes to be shared is under it until DynamoDB has changed that.
    this.#key = isExisting ? undefined : key;
    this.table = isExisting
      ? Table.fromTableName(this, 'Table', tableName)
      : new TableV2(this, 'State', {
          tableName,
          partitionKey: { name: 'pk', type: AttributeType.STRING },
          sortKey: { name: 'sk', type: AttributeType.STRING },
          billing: Billing.onDemand(),
          timeToLiveAttribute: 'expires',
          // Shared, a key of AWS's in each region: one of ours would have to be in each before there is a replica, and known to all.
          encryption: isShared ? TableEncryptionV2.awsManagedKey() : TableEncryptionV2.customerManagedKey(key),
          pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
          deletionProtection: true,
          removalPolicy: RemovalPolicy.RETAIN,
          replicas: replicas.map((region) => ({ region })),
        });
  }

  /** To read and write items, and nothing else. */
  grantUse(who: IGrantable): void {
    this.#grant(who, ACTIONS);
  }

  /** To read all of it besides: what servers do to give users their homes, and for administrators. */
  grantServe(who: IGrantable): void {
    this.#grant(who, [...ACTIONS, 'dynamodb:Scan']);
  }

  #grant(who: IGrantable, actions: readonly string[]): void {
    this.table.grant(who, ...actions);
    if (this.#key) allowKey(who, this.#key);
    else allowKeyOfTable(who);
  }
}
