/** What several pools share: the homes of their users, a global table with a replica in the region of each. */
import { CfnOutput, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { authorityOf, homesTable, type PlaceTopology, type Topology } from '../topology/index.ts';

const ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem', 'Query', 'DescribeTable'] as const;

export class GeographyStack extends Stack {
  constructor(scope: Construct, topology: Topology, authority: PlaceTopology) {
    super(scope, `${topology.name}-geography`, {
      env: { region: authority.region, ...(topology.account !== undefined && { account: topology.account }) },
      description: `Caravan: the homes of the users of ${topology.domain}`,
    });
    for (const [name, value] of Object.entries({ ...topology.tags, caravan: `${topology.name}-geography` }))
      Tags.of(this).add(name, value);
    const elsewhere = topology.pools.filter(({ region }) => region !== authority.region);
    const table = new TableV2(this, 'Homes', {
      tableName: homesTable(topology),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'expires',
      // A key of AWS's in each region: one of ours would have to be made in each before the replicas are.
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      replicas: elsewhere.map(({ region }) => ({ region })),
    });
    new CfnOutput(this, 'HomesTable', { value: table.tableName });
  }
}

/** Servers read the replica of their own region, and write to that of the authority. */
export function grantHomes(who: IRole, topology: Topology, place: PlaceTopology): void {
  const authority = authorityOf(topology);
  if (!authority) return;
  const { account } = Stack.of(who);
  who.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ACTIONS.map((action) => `dynamodb:${action}`),
      resources: [...new Set([place.region, authority.region])].map(
        (region) => `arn:aws:dynamodb:${region}:${account}:table/${homesTable(topology)}`,
      ),
    }),
  );
}
