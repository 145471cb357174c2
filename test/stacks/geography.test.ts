import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { beforeAll, describe, expect, it } from 'vitest';
import { Names } from '../../lib/stacks/names.ts';
import type { Sprayer } from '../../lib/stacks/sprayer.ts';
import { loadNeeds, type PlaceTopology, plan } from '../../lib/topology/index.ts';
import { loadExample, orderOf, synthesize, topologyOf } from './support/synthesize.ts';

const REGIONS = ['eu-central-1', 'us-east-1'];
let stacks: ReadonlyMap<string, Template>;

beforeAll(() => {
  stacks = synthesize(loadExample('two-regions'));
}, 120_000);

describe('pools in several regions', () => {
  it('share one table of homes, with a replica in the region of each, restorable and kept', () => {
    stacks.get('caravan-geography')?.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: {
        TableName: 'caravan-homes',
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: REGIONS.toReversed().map((Region) => ({
          Region,
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        })),
      },
    });
    expect(stacks.size).toBe(3);
  });

  it('are deployed one after the other as they are written down, after the table: the first may have users already', () => {
    expect(orderOf(loadExample('two-regions'))).toEqual({
      'caravan-geography': [],
      'caravan-frankfurt': ['caravan-geography'],
      'caravan-virginia': ['caravan-frankfurt'],
    });
  });

  it.each([
    ['caravan-frankfurt', 'eu-central-1', ['eu-central-1']],
    ['caravan-virginia', 'us-east-1', ['us-east-1', 'eu-central-1']],
  ])('%s is one of the answers to the one name, while it serves; its servers know the homes', (name, Region, read) => {
    const pool = stacks.get(name);
    pool?.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'sync.example.org.', Region, SetIdentifier: name });
    pool?.hasResourceProperties('AWS::Route53::HealthCheck', {
      HealthCheckConfig: { Type: 'HTTPS', ResourcePath: '/ready' },
    });
    const text = JSON.stringify(pool?.toJSON());
    expect(text).toContain('{"Name":"CARAVAN_HOMES_TABLE","Value":"caravan-homes"}');
    expect(text).toContain(`{"Name":"CARAVAN_HOMES_REGION","Value":"${Region}"}`);
    expect(text).toContain('{"Name":"CARAVAN_HOMES_AUTHORITY_REGION","Value":"eu-central-1"}');
    const tables = REGIONS.filter((it) => text.includes(`arn:aws:dynamodb:${it}:123456789012:table/caravan-homes`));
    expect(tables).toEqual(read.toSorted());
  });

  it.each([
    ['caravan-frankfurt', ['eu-central-1', 'us-east-1']],
    ['caravan-virginia', ['us-east-1', 'eu-central-1']],
  ])(
    '%s has a replica of its table where its users go when its region is lost, under a key of AWS of each',
    (name, regions) => {
      stacks.get(name)?.hasResource('AWS::DynamoDB::GlobalTable', {
        DeletionPolicy: 'Retain',
        Properties: {
          TableName: `${name}-state`,
          SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
          Replicas: regions.toReversed().map((Region) => ({
            Region,
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: Match.absent(),
          })),
        },
      });
    },
  );

  it('servers may write the tables of other pools where those are, to move users, and only read a replica in their own region', () => {
    const arn = (table: string, region: string) => `arn:aws:dynamodb:${region}:123456789012:table/caravan-${table}`;
    const read = ['dynamodb:DescribeTable', 'dynamodb:GetItem', 'dynamodb:Query'];
    const write = [...read, 'dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'].toSorted();
    expect(rightsOf('caravan-frankfurt')).toEqual({
      [arn('homes', 'eu-central-1')]: [...write, 'dynamodb:Scan'].toSorted(),
      [arn('virginia-state', 'us-east-1')]: write,
      [arn('virginia-state', 'eu-central-1')]: read,
    });
    expect(rightsOf('caravan-virginia')).toEqual({
      [arn('homes', 'us-east-1')]: [...write, 'dynamodb:Scan'].toSorted(),
      [arn('homes', 'eu-central-1')]: [...write, 'dynamodb:Scan'].toSorted(),
      [arn('frankfurt-state', 'eu-central-1')]: write,
      [arn('frankfurt-state', 'us-east-1')]: read,
    });
  });

  it('without a pool to fail over to there is no replica, and no right to one', () => {
    const file = written();
    for (const pool of file.pools) delete pool['failOverTo'];
    const alone = synthesize(topologyOf(file));
    alone.get('caravan-virginia')?.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ Region: 'us-east-1' })],
    });
    expect(JSON.stringify(alone.get('caravan-virginia')?.toJSON())).not.toContain(
      'us-east-1:123456789012:table/caravan-frankfurt',
    );
  }, 60_000);

  it('what cannot be is said in a sentence', () => {
    const { network: _network, ...example } = loadExample('two-regions').pools[0] ?? { network: undefined };
    const { id: _id, ...pool } = { id: '', ...example, network: { cidr: '10.20.0.0/16' } };
    const parse = (change: object) => () =>
      topologyOf({ name: 'caravan', domain: 'sync.example.org', geography: { authority: 'munich' }, ...change });
    expect(
      parse({ pools: [pool, { ...pool, name: 'berlin', host: 'b.example.org', network: { cidr: '10.40.0.0/16' } }] }),
    ).toThrow(/geography\.authority is "munich".*one of the pools: frankfurt, berlin[\s\S]*one pool a region/);
    expect(parse({ pools: [pool], geography: { authority: 'frankfurt' } })).toThrow(/pools in several regions/);
    expect(parse({ pools: [{ ...pool, failOverTo: 'virginia' }], geography: undefined })).toThrow(
      /pools\[0\]\.failOverTo is "virginia".*geography/,
    );
    expect(parse({ pools: [{ ...pool, failOverTo: 'frankfurt' }], geography: { authority: 'frankfurt' } })).toThrow(
      /pools\[0\]\.failOverTo is "frankfurt".*another of the pools/,
    );
    const [, virginia] = written().pools;
    const far = { ...virginia, failOverTo: undefined, network: { cidr: '10.40.0.0/16', egress: 'endpoints' } };
    expect(parse({ pools: [pool, far], geography: { authority: 'frankfurt' } })).toThrow(
      /pools\[1\]\.network\.egress is "endpoints".*'nat': its servers write homes in eu-central-1/,
    );
  });
});

const written = () =>
  JSON.parse(readFileSync('examples/two-regions.json', 'utf8')) as { readonly pools: Record<string, unknown>[] };

/** Of the servers of a stack, on tables of others: by resource, the actions. */
function rightsOf(name: string): Readonly<Record<string, readonly string[]>> {
  const policies = Object.values(stacks.get(name)?.findResources('AWS::IAM::Policy') ?? {});
  const statements = policies.flatMap(
    ({ Properties }) =>
      Properties['PolicyDocument']['Statement'] as { readonly Action: string | string[]; readonly Resource: unknown }[],
  );
  const rights: Record<string, readonly string[]> = {};
  for (const { Action, Resource } of statements)
    for (const resource of [Resource].flat())
      if (typeof resource === 'string' && resource.includes(':table/')) rights[resource] = [Action].flat().toSorted();
  return rights;
}

it('what a plan of several pools writes is deployed as it is: homes, replicas, a name for all', {
  timeout: 120_000,
}, () => {
  const { deployment } = plan(loadNeeds(join(import.meta.dirname, '../../examples/plan-far-branch.json')));
  const planned = synthesize(topologyOf(deployment));
  expect([...planned.keys()].toSorted()).toEqual(['caravan-frankfurt', 'caravan-geography', 'caravan-singapore']);
  const regions = ['ap-southeast-1', 'eu-central-1'];
  for (const [name, table] of [
    ['caravan-geography', 'caravan-homes'],
    ['caravan-frankfurt', 'caravan-frankfurt-state'],
    ['caravan-singapore', 'caravan-singapore-state'],
  ] as const) {
    const found = planned.get(name)?.findResources('AWS::DynamoDB::GlobalTable', { Properties: { TableName: table } });
    const [
      {
        Properties: { Replicas },
      } = { Properties: { Replicas: [] } },
    ] = Object.values(found ?? {}) as {
      Properties: { Replicas: { Region: string }[] };
    }[];
    expect(Replicas.map(({ Region }) => Region).toSorted(), table).toEqual(regions);
  }
});

// The records of a pool that is alone, and of the same pool as one of several.
const DOMAIN = 'sync.example.org';

type Records = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** By logical id, what the record is made of. */
function recordsOf(host: string, isShared: boolean): Records {
  const stack = new Stack(new App(), 'caravan-frankfurt');
  const loadBalancer = ApplicationLoadBalancer.fromApplicationLoadBalancerAttributes(stack, 'LoadBalancer', {
    loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/a/b',
    loadBalancerCanonicalHostedZoneId: 'Z215JYRZR1TBD5',
    loadBalancerDnsName: 'a.eu-central-1.elb.amazonaws.com',
    securityGroupId: 'sg-1',
  });
  const names = new Names(stack, 'Names', {
    zone: { id: 'Z0123456789ABCDEFGHIJ', name: 'example.org' },
    place: { id: 'caravan-frankfurt', host, region: 'eu-central-1' } as PlaceTopology,
    domain: DOMAIN,
    isShared,
    sprayer: { loadBalancer } as unknown as Sprayer,
  });
  // The offline validator takes seconds a template, and looks at the examples (examples.linted.test.ts).
  process.env['CDK_VALIDATION'] = 'false';
  const found = Template.fromStack(Stack.of(names)).findResources('AWS::Route53::RecordSet');
  delete process.env['CDK_VALIDATION'];
  return Object.fromEntries(Object.entries(found).map(([id, { Properties }]) => [id, Properties]));
}

const named = (records: Records, name: string) => Object.entries(records).find(([, it]) => it['Name'] === `${name}.`);

it('a pool that becomes one of several keeps the record of the name that its phones know, which is now watched', () => {
  const [alone, shared] = [recordsOf(DOMAIN, false), recordsOf(`frankfurt.${DOMAIN}`, true)];
  expect(Object.keys(alone)).toHaveLength(1);
  const [before, after] = [named(alone, DOMAIN), named(shared, DOMAIN)];
  expect(before?.[1]).toMatchObject({ SetIdentifier: 'caravan-frankfurt', Region: 'eu-central-1' });
  expect(before?.[1]).not.toHaveProperty('HealthCheckId');
  const { HealthCheckId, ...rest } = after?.[1] ?? {};
  expect(HealthCheckId).toBeDefined();
  // Neither replaced (the same logical id, name and zone) nor of another kind.
  expect([after?.[0], rest]).toEqual(before);
});

it('a name that is its own alone has a simple record, which no other of its kind is ever beside', () => {
  const [, record] = named(recordsOf(`frankfurt.${DOMAIN}`, false), `frankfurt.${DOMAIN}`) ?? [];
  expect(record).toBeDefined();
  expect(record).not.toHaveProperty('SetIdentifier');
  expect(named(recordsOf(`frankfurt.${DOMAIN}`, false), DOMAIN)).toBeUndefined();
});
