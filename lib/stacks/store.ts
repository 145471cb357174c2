/** What must survive every server: one table, in one region. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, type ITable, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { allowKey } from './rights.ts';

export interface StoreProps {
  readonly key: IKey;
  /** An existing table, in place of a new one. */
  readonly existing?: string | undefined;
}

/** All that the store does (lib/store/dynamodb): single items, and queries. */
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
  readonly #key: IKey;

  constructor(scope: Construct, id: string, { key, existing }: StoreProps) {
    super(scope, id);
    this.#key = key;
    this.table =
      existing === undefined
        ? new Table(this, 'Table', {
            partitionKey: { name: 'pk', type: AttributeType.STRING },
            sortKey: { name: 'sk', type: AttributeType.STRING },
            billingMode: BillingMode.PAY_PER_REQUEST,
            timeToLiveAttribute: 'expires',
            encryption: TableEncryption.CUSTOMER_MANAGED,
            encryptionKey: key,
            pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
            deletionProtection: true,
            removalPolicy: RemovalPolicy.RETAIN,
          })
        : Table.fromTableName(this, 'Table', existing);
  }

  /** To read and write items, and nothing else. */
  grantUse(who: IGrantable): void {
    this.table.grant(who, ...ACTIONS);
    // A restored table keeps the key of the one that it was restored from: this one.
    allowKey(who, this.#key);
  }
}
