import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadExample, synthesize, topologyOf } from './support/synthesize.ts';

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

  it('what cannot be is said in a sentence', () => {
    const { network: _network, ...example } = loadExample('two-regions').pools[0] ?? { network: undefined };
    const { id: _id, ...pool } = { id: '', ...example, network: { cidr: '10.20.0.0/16' } };
    const parse = (change: object) => () =>
      topologyOf({ name: 'caravan', domain: 'sync.example.org', geography: { authority: 'munich' }, ...change });
    expect(
      parse({ pools: [pool, { ...pool, name: 'berlin', host: 'b.example.org', network: { cidr: '10.40.0.0/16' } }] }),
    ).toThrow(/geography\.authority is "munich".*one of the pools: frankfurt, berlin[\s\S]*one pool a region/);
    expect(parse({ pools: [pool], geography: { authority: 'frankfurt' } })).toThrow(/pools in several regions/);
  });
});
