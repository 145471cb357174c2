/** What several pools share: the homes of their users, a global table with a replica in the region of each. */
import { CfnOutput, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import {
  authorityOf,
  homesTable,
  type PlaceTopology,
  type PoolTopology,
  stateTable,
  type Topology,
} from '../topology/index.ts';

const READ = ['GetItem', 'Query', 'DescribeTable'] as const;
const WRITE = [...READ, 'PutItem', 'UpdateItem', 'DeleteItem'] as const;
/** Who is at home in a pool is found by a scan. */
const HOMES = [...WRITE, 'Scan'] as const;

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
  if (authority) grant(who, HOMES, [place.region, authority.region], homesTable(topology));
}

/**
 * Any server may be asked to move a user from or to any pool: it reads and writes both tables where they are. A fail-over reads the
 * replica that is kept in its own region of the lost pool's.
 */
export function grantOtherPools(who: IRole, topology: Topology, place: PoolTopology): void {
  if (!topology.geography) return;
  for (const pool of topology.pools) {
    if (pool.name === place.name) continue;
    grant(who, WRITE, [pool.region], stateTable(pool));
    if (pool.failOverTo === place.name) grant(who, READ, [place.region], stateTable(pool));
  }
}

function grant(who: IRole, actions: readonly string[], regions: readonly string[], table: string): void {
  const { account } = Stack.of(who);
  who.addToPrincipalPolicy(
    new PolicyStatement({
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [...new Set(regions)].map((region) => `arn:aws:dynamodb:${region}:${account}:table/${table}`),
    }),
  );
}
