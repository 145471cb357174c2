import { Match, type Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadExample, synthesize } from './support/synthesize.ts';

let onePool: Template;

beforeAll(() => {
  onePool = named(synthesize(loadExample('one-pool')), 'caravan-frankfurt');
});

describe('a pool', () => {
  it('is spread over three zones, and a zone that fails takes no way out with it', () => {
    onePool.resourceCountIs('AWS::EC2::Subnet', 6);
    onePool.resourceCountIs('AWS::EC2::NatGateway', 3);
    onePool.hasResourceProperties('AWS::ECS::Service', {
      DesiredCount: 3,
      AvailabilityZoneRebalancing: 'ENABLED',
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
    });
  });

  it('has no server that can be reached from outside but through the sprayer', () => {
    onePool.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
    });
    const open = Object.values(onePool.findResources('AWS::EC2::SecurityGroup')).filter((group) =>
      JSON.stringify(group['Properties']['SecurityGroupIngress'] ?? []).includes('0.0.0.0/0'),
    );
    expect(open).toHaveLength(1);
    expect(open[0]?.['Properties']['GroupDescription']).toContain('Phones');
  });

  it('holds a heartbeat of 59 minutes', () => {
    onePool.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '4000' }]),
    });
  });
});

function named(stacks: ReadonlyMap<string, Template>, name: string): Template {
  const template = stacks.get(name);
  if (template === undefined) throw new Error(`no stack ${name}`);
  return template;
}
