import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadExample, synthesize, topologyOf } from './support/synthesize.ts';
import { templateText } from './support/template-text.ts';

let defaults: Template;
let everything: Template;

beforeAll(() => {
  const example = loadExample('standalone');
  defaults = only(synthesize(example));
  const [server] = example.standalone;
  const { id: _id, host: _host, ...written } = server ?? { id: '', host: '' };
  everything = only(
    synthesize(
      topologyOf({
        name: 'caravan',
        domain: 'sync.example.org',
        hostedZone: { id: 'Z0123456789ABCDEFGHIJ', name: 'example.org' },
        image: { repository: '123456789012.dkr.ecr.{region}.amazonaws.com/caravan', tag: '0.1.0' },
        standalone: [
          {
            ...written,
            network: { cidr: '10.20.0.0/20', egress: 'endpoints' },
            firewall: {},
            administration: { from: ['10.20.0.0/20', '192.168.7.0/24'] },
            autodiscover: true,
            settings: { 'log.level': 'debug' },
            traces: 0,
          },
        ],
        logs: { retentionDays: 30 },
        tags: { service: 'mobile mail' },
      }),
    ),
  );
}, 120_000);

describe('the template of a server alone', () => {
  it('is this, by default', async () => {
    await expect(templateText(defaults)).toMatchFileSnapshot('./snapshots/standalone.defaults.snap');
  });

  it('is this, with everything', async () => {
    await expect(templateText(everything)).toMatchFileSnapshot('./snapshots/standalone.everything.snap');
  });

  it('has never two tasks, so that the database never has two writers', () => {
    for (const template of [defaults, everything]) {
      template.hasResourceProperties('AWS::ECS::Service', {
        DesiredCount: 1,
        DeploymentConfiguration: { MinimumHealthyPercent: 0, MaximumPercent: 100 },
        AvailabilityZoneRebalancing: 'DISABLED',
      });
      template.resourceCountIs('AWS::ApplicationAutoScaling::ScalableTarget', 0);
    }
  });

  it('is not kept from its successor while nobody else takes requests', () => {
    defaults.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '10' }]),
    });
  });

  it('has a page that answers whether devices are served, what is about to break, and what it costs', () => {
    const [page] = Object.values(defaults.findResources('AWS::CloudWatch::Dashboard'));
    const text = JSON.stringify(page?.['Properties']['DashboardBody']);
    const questions = ['Are devices served?', 'What is about to break?', 'What does it cost?'];
    const places = questions.map((question) => text.indexOf(question));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    // The figures of this server: it tells them under the same name.
    expect(text).toContain(String.raw`\"Pool\",\"caravan-office\"`);
    defaults.hasResourceProperties('AWS::ECS::TaskDefinition', {
      ContainerDefinitions: [
        { Environment: Match.arrayWith([{ Name: 'CARAVAN_METRICS_NAME', Value: 'caravan-office' }]) },
      ],
    });
  });

  it('keeps its database: encrypted, in every zone, backed up, retained', () => {
    defaults.hasResource('AWS::EFS::FileSystem', {
      DeletionPolicy: 'Retain',
      Properties: { Encrypted: true, BackupPolicy: { Status: 'ENABLED' } },
    });
    defaults.resourceCountIs('AWS::EFS::MountTarget', 2);
    defaults.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Volumes: [{ Name: 'data', EFSVolumeConfiguration: { TransitEncryption: 'ENABLED' } }],
    });
  });
});

function only(stacks: ReadonlyMap<string, Template>): Template {
  const [template] = stacks.values();
  if (template === undefined || stacks.size !== 1) throw new Error('not one stack');
  return template;
}
