import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { Network } from '../../lib/stacks/network.ts';
import { Store } from '../../lib/stacks/store.ts';
import { keyUses } from './support/key-uses.ts';
import { mathOf } from './support/metric-math.ts';
import { loadExample, synthesize } from './support/synthesize.ts';
import { templateText } from './support/template-text.ts';
import { toldFigures, watchedFigures } from './support/watched-figures.ts';

/** A pool with as little in its file as can be; with everything that a file can have; within a network that is there. */
let defaults: Template;
let everything: Template;
let existingNetwork: Template;

beforeAll(() => {
  defaults = named(synthesize(loadExample('one-pool')), 'caravan-frankfurt');
  const two = synthesize(loadExample('two-regions'));
  everything = named(two, 'caravan-frankfurt');
  existingNetwork = named(two, 'caravan-virginia');
}, 120_000);

/** Actions that AWS takes for all resources alone. */
const WITHOUT_RESOURCE = new Set(['ecr:GetAuthorizationToken', 'xray:PutTraceSegments']);

/** Of every line of a server's log (lib/platform/log.ts), and of a command that was served. */
const LINE_FIELDS = ['level', 'message'];
const SERVED_FIELDS = ['requestId', 'user', 'device', 'command', 'version', 'status', 'bytes', 'milliseconds'];

describe('the template of a pool', () => {
  it('is this, by default', async () => {
    await expect(templateText(defaults)).toMatchFileSnapshot('./snapshots/pool.defaults.snap');
  });

  it('is this, with everything', async () => {
    await expect(templateText(everything)).toMatchFileSnapshot('./snapshots/pool.everything.snap');
  });
});

describe('a pool', () => {
  it('is spread over three zones, and a zone that fails takes no way out with it', () => {
    defaults.resourceCountIs('AWS::EC2::Subnet', 6);
    defaults.resourceCountIs('AWS::EC2::NatGateway', 3);
    defaults.hasResourceProperties('AWS::ECS::Service', {
      AvailabilityZoneRebalancing: 'ENABLED',
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
    });
    const { LoadBalancer } = only(defaults, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancer');
    expect(LoadBalancer['Subnets']).toHaveLength(3);
  });

  it('has as many addresses at each NAT gateway as its file says', () => {
    const stack = new Stack(new App(), 'addresses');
    const { vpc } = new Network(stack, 'Network', {
      network: { kind: 'new', cidr: '10.20.0.0/16', egress: 'nat', natAddresses: 3 },
      zones: ['eu-central-1a', 'eu-central-1b'],
      hasTraces: false,
      logs: new Bucket(stack, 'Logs'),
    });
    process.env['CDK_VALIDATION'] = 'false';
    const template = Template.fromStack(Stack.of(vpc));
    delete process.env['CDK_VALIDATION'];
    template.resourceCountIs('AWS::EC2::EIP', 2 * 3);
    const gateways = Object.values(template.findResources('AWS::EC2::NatGateway')).map(({ Properties }) => Properties);
    const taken = gateways.flatMap((it) => [it['AllocationId'], ...it['SecondaryAllocationIds']]);
    expect(new Set(taken.map((it) => JSON.stringify(it))).size).toBe(2 * 3);
  });

  it('has no server that can be reached from outside but through the sprayer', () => {
    for (const template of [defaults, everything, existingNetwork]) {
      template.hasResourceProperties('AWS::ECS::Service', {
        NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: 'DISABLED' } },
      });
      const open = Object.values(template.findResources('AWS::EC2::SecurityGroup'))
        .map(({ Properties }) => Properties)
        .filter(({ SecurityGroupIngress }) => JSON.stringify(SecurityGroupIngress ?? []).includes('0.0.0.0/0'));
      expect(open.map(({ GroupDescription }) => GroupDescription)).toEqual([
        'Phones, to the sprayer; the sprayer, to the servers',
      ]);
    }
  });

  it('holds a heartbeat of 59 minutes, speaks TLS 1.2 or newer, and knows nothing of users', () => {
    defaults.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      LoadBalancerAttributes: Match.arrayWith([{ Key: 'idle_timeout.timeout_seconds', Value: '4000' }]),
    });
    defaults.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      SslPolicy: Match.stringLikeRegexp('TLS13-1-2'),
    });
    defaults.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 80,
      DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', StatusCode: 'HTTP_301' } }],
    });
    defaults.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Protocol: 'HTTPS',
      HealthCheckPath: '/ready',
      TargetGroupAttributes: Match.arrayWith([
        { Key: 'deregistration_delay.timeout_seconds', Value: '120' },
        { Key: 'slow_start.duration_seconds', Value: '60' },
        { Key: 'stickiness.enabled', Value: 'false' },
      ]),
    });
  });

  it('runs one process a task, without root, without a disk to write to but its data, with time to drain', () => {
    defaults.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      RuntimePlatform: { CpuArchitecture: 'ARM64' },
      ContainerDefinitions: [
        {
          ReadonlyRootFilesystem: true,
          User: '1000:1000',
          StopTimeout: 120,
          Ulimits: [{ Name: 'nofile', SoftLimit: 262_144, HardLimit: 262_144 }],
          MountPoints: [{ ContainerPath: '/data', ReadOnly: false }],
        },
      ],
    });
    const environment = environmentOf(defaults);
    const drainSeconds =
      Number(environment['CARAVAN_POOL_DRAIN_SECONDS']) + Number(environment['CARAVAN_DRAIN_SECONDS']);
    expect(drainSeconds).toBeLessThan(115);
  });

  it('keeps a connection longer than the sprayer does, and knows the sprayer by its network', () => {
    expect(environmentOf(defaults)).toMatchObject({
      CARAVAN_LISTEN_KEEP_ALIVE_SECONDS: '4100',
      CARAVAN_LISTEN_TRUSTED_PROXIES: '10.20.0.0/16',
      CARAVAN_PUBLIC_URL: 'https://sync.example.org',
      CARAVAN_POOL_NAME: 'caravan-frankfurt',
      CARAVAN_METRICS_EMF: 'true',
    });
  });

  it('gives passwords and keys as secrets alone', () => {
    const [container] = containersOf(everything);
    expect(container?.Secrets?.map(({ Name }) => Name).toSorted()).toEqual([
      'CARAVAN_ADMINISTRATION_TOKEN',
      'CARAVAN_MAIL_MASTER_PASSWORD',
      'CARAVAN_MAIL_SMTP_PASSWORD',
      'CARAVAN_POOL_KEY',
    ]);
    for (const template of [defaults, everything, existingNetwork]) {
      for (const name of Object.keys(environmentOf(template))) expect(name).not.toMatch(/PASSWORD|_KEY$|TOKEN/);
      expect(JSON.stringify(template.toJSON())).not.toContain('{{resolve:secretsmanager');
    }
  });

  it('keeps its table: on demand, encrypted, restorable, protected, retained, in its own region alone', () => {
    defaults.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: {
        TableName: 'caravan-frankfurt-state',
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
        Replicas: [
          {
            Region: 'eu-central-1',
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            SSESpecification: { KMSMasterKeyId: { 'Fn::GetAtt': Match.anyValue() } },
          },
        ],
        TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      },
    });
  });

  it('grants no action by a wildcard, and a wildcard resource only where AWS has no other', () => {
    for (const template of [defaults, everything, existingNetwork]) {
      const statements = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
        ({ Properties }) => Properties['PolicyDocument']['Statement'] as Statement[],
      );
      expect(statements.length).toBeGreaterThan(5);
      for (const { Action, Resource } of statements) {
        const actions = [Action].flat();
        for (const action of actions) expect(action).not.toContain('*');
        if (Resource === '*')
          expect(
            actions.every((action) => WITHOUT_RESOURCE.has(action) || action.startsWith('ec2:')),
            actions.join(),
          ).toBe(true);
      }
    }
  });

  it('servers may read the table whole, to give its users their homes and for administrators; functions may not', () => {
    const allowed = (template: Template) =>
      Object.entries(template.findResources('AWS::IAM::Policy')).filter(([, it]) =>
        JSON.stringify(it['Properties']).includes('"dynamodb:Scan"'),
      );
    const names = allowed(defaults).map(([name]) => name);
    expect(names).toEqual([expect.stringMatching(/^Servers/)]);
  });

  it('whoever uses what a key encrypts has the right to the key', () => {
    const uses = [defaults, everything, existingNetwork].flatMap((template) => keyUses(template));
    expect(uses.filter(({ isAllowed }) => !isAllowed)).toEqual([]);
    // Servers and the function that submits, with queue and bucket; servers and three functions with the table.
    expect(uses.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'sqs:SendMessage',
        's3:PutObject',
        's3:GetObject',
        'sqs:ReceiveMessage',
        'dynamodb:Query',
      ]),
    );
  });

  it('uses a table that is there under whichever key it is: not its own, and by DynamoDB alone', () => {
    const stack = new Stack(new App(), 'taken-up', { env: { region: 'eu-central-1', account: '123456789012' } });
    const role = new Role(stack, 'Server', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    const table = { tableName: 'caravan-frankfurt-state', isExisting: true, isShared: false, replicas: [] };
    new Store(stack, 'Store', { key: new Key(stack, 'Key'), ...table }).grantUse(role);
    process.env['CDK_VALIDATION'] = 'false';
    const template = Template.fromStack(stack);
    delete process.env['CDK_VALIDATION'];
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: ['kms:Decrypt', 'kms:DescribeKey'],
            Condition: { StringEquals: { 'kms:ViaService': 'dynamodb.eu-central-1.amazonaws.com' } },
            Effect: 'Allow',
            Resource: 'arn:aws:kms:eu-central-1:123456789012:key/*',
          },
        ]),
      },
    });
  });

  it('counts what the sprayer refused for want of any server among what failed, without a figure of requests', () => {
    const { reckon } = mathOf(everything, 'more than one request in a hundred');
    const share = (failures: number, requests: number) => reckon({ failures, requests });
    expect(share(5_000, Number.NaN)).toBe(100);
    expect(share(3, 20)).toBe(3);
    expect(share(100, 9_900)).toBe(1);
    expect(share(Number.NaN, 9_900)).toBeNaN();
  });

  it('is told of mail that is tried again and again, whose age the queue leaves out', () => {
    const { alarm, reckon } = mathOf(everything, 'waited for a quarter of an hour');
    const age = (tried: number, queued: number) => reckon({ tried, queued });
    const { Threshold, EvaluationPeriods, DatapointsToAlarm } = alarm;
    expect(age(945, 60)).toBeGreaterThanOrEqual(Threshold);
    expect(age(Number.NaN, 945)).toBeGreaterThanOrEqual(Threshold);
    // It is tried every quarter of an hour at least, and tells its age then alone.
    expect([DatapointsToAlarm, EvaluationPeriods]).toEqual([1, 20]);
  });

  it('watches figures that are told, each by the dimensions that it is told with', () => {
    const told = toldFigures('caravan-frankfurt');
    const watched = watchedFigures(everything);
    expect(watched.size).toBeGreaterThan(15);
    expect([...watched].filter((it) => !told.has(it))).toEqual([]);
  });

  it('calls no more functions at once than an account and a submission server can take', () => {
    const bounds = Object.values(everything.findResources('AWS::Lambda::EventSourceMapping')).map(
      ({ Properties }) => Properties['ScalingConfig']?.MaximumConcurrency,
    );
    expect(new Set(bounds)).toEqual(new Set([2, 10]));
    expect(bounds).toHaveLength(2);
  });

  it('encrypts whatever it keeps', () => {
    for (const template of [defaults, everything]) {
      for (const { Properties } of Object.values(template.findResources('AWS::S3::Bucket'))) {
        expect(Properties['BucketEncryption']).toBeDefined();
        expect(Properties['PublicAccessBlockConfiguration']).toMatchObject({
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
        });
      }
      for (const { Properties } of Object.values(template.findResources('AWS::SQS::Queue')))
        expect(Properties['KmsMasterKeyId'] ?? Properties['SqsManagedSseEnabled']).toBeTruthy();
      for (const { Properties } of Object.values(template.findResources('AWS::SNS::Topic')))
        expect(Properties['KmsMasterKeyId']).toBeDefined();
    }
  });

  it('is as large as its users made it after every deployment: its template tells the bounds alone', () => {
    for (const [template, MinCapacity] of [
      [defaults, 3],
      [everything, 4],
    ] as const) {
      template.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
      template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity });
    }
  });

  it('follows users a server and the availability index', () => {
    const [target] = Object.keys(everything.findResources('AWS::ApplicationAutoScaling::ScalableTarget'));
    // `Ref` of a target is an id of CloudFormation's (`service/…|ecs:service:DesiredCount|ecs`), and no resource's.
    everything.allResourcesProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      ScalingTargetId: { Ref: target },
      ResourceId: Match.absent(),
    });
    everything.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      MinCapacity: 4,
      MaxCapacity: 40,
    });
    everything.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 2500,
        CustomizedMetricSpecification: { Namespace: 'Caravan', MetricName: 'Users', Statistic: 'Average' },
      },
    });
    everything.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      TargetTrackingScalingPolicyConfiguration: {
        TargetValue: 80,
        CustomizedMetricSpecification: { Metrics: Match.arrayWith([Match.objectLike({ Expression: '100 - index' })]) },
      },
    });
  });

  it('tells somebody of few things, each with what to do', () => {
    const alarms = Object.values(everything.findResources('AWS::CloudWatch::Alarm')).map(
      ({ Properties }) => Properties,
    );
    // Those of the scaling policies are made by AWS, not here.
    expect(alarms).toHaveLength(10);
    for (const alarm of alarms) {
      expect(alarm['AlarmActions']).toHaveLength(1);
      expect(alarm['AlarmDescription']).toMatch(/\. .+\.$/s);
    }
    // A topic whose policy says nothing else takes no word of an alarm.
    everything.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
    everything.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: Match.arrayWith(['kms:Decrypt', 'kms:GenerateDataKey*']),
            Principal: { Service: 'cloudwatch.amazonaws.com' },
          }),
        ]),
      },
    });
    everything.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'postmaster@example.org',
    });
  });

  it('keeps mail that waits: a queue with dead letters, a bucket that expires, a function that submits', () => {
    everything.hasResourceProperties('AWS::SQS::Queue', {
      VisibilityTimeout: 720,
      MessageRetentionPeriod: 1_209_600,
      RedrivePolicy: Match.objectLike({ maxReceiveCount: 100 }),
    });
    everything.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          CARAVAN_POOL: 'caravan-frankfurt',
          CARAVAN_MAIL_SMTP_HOST: 'smtp.eu.example.org',
          CARAVAN_MAIL_SMTP_PASSWORD_SECRET_ARN: Match.stringLikeRegexp('caravan-smtp'),
        }),
      },
    });
    // By which a body that is gone is told from one that may not be read: such mail goes to the dead letters, and is not tried for a day.
    everything.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          {
            Action: 's3:ListBucket',
            Effect: 'Allow',
            Resource: { 'Fn::GetAtt': [Match.stringLikeRegexp('OutboxBodies'), 'Arn'] },
          },
        ]),
      },
    });
    // Where only users themselves can submit, nothing waits in the cloud.
    defaults.resourceCountIs('AWS::SQS::Queue', 2);
    expect(environmentOf(defaults)).not.toHaveProperty('CARAVAN_OUTBOX_QUEUE_URL');
  });

  it('is told of tasks that stop, of its own service alone', () => {
    defaults.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: { clusterArn: Match.anyValue(), group: Match.anyValue(), desiredStatus: ['STOPPED'] },
      },
    });
  });

  it('has its name, and autodiscover where it is wanted', () => {
    defaults.resourceCountIs('AWS::Route53::RecordSet', 1);
    everything.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'frankfurt.sync.example.org.', Type: 'A' });
    everything.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'autodiscover.example.org.', Type: 'A' });
  });

  it('has a firewall where it is wanted, which refuses none but who asks too often', () => {
    defaults.resourceCountIs('AWS::WAFv2::WebACL', 0);
    everything.hasResourceProperties('AWS::WAFv2::WebACL', {
      DefaultAction: { Allow: {} },
      Rules: [{ Statement: { RateBasedStatement: { Limit: 100_000 } } }],
    });
  });

  it('sends traces to X-Ray where they are wanted: with the right to, by a way that leads there, and no other', () => {
    expect(environmentOf(everything)).toMatchObject({
      CARAVAN_TRACE_AWS_REGION: 'eu-central-1',
      CARAVAN_TRACE_RATIO: '0.01',
    });
    everything.hasResourceProperties('AWS::EC2::VPCEndpoint', { ServiceName: 'com.amazonaws.eu-central-1.xray' });
    everything.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Action: 'xray:PutTraceSegments', Effect: 'Allow' })]),
      },
    });
    for (const template of [defaults, existingNetwork]) {
      expect(Object.keys(environmentOf(template)).filter((it) => it.includes('TRACE'))).toEqual([]);
      expect(JSON.stringify(template.toJSON())).not.toContain('xray');
    }
  });

  it('asks its log by the fields that its lines have', () => {
    const asked = Object.values(everything.findResources('AWS::Logs::QueryDefinition'))
      .flatMap(({ Properties }) => String(Properties['QueryString']).split('\n'))
      .flatMap((line) => (/^(?:\| )?fields (.*)/.exec(line)?.[1] ?? '').split(','))
      .map((field) => field.trim())
      .filter((field) => field !== '' && !field.startsWith('@'));
    expect(new Set(asked)).toEqual(new Set([...LINE_FIELDS, ...SERVED_FIELDS, 'error.code']));
  });

  it('has no way to the internet with endpoints, and makes no network where one is named', () => {
    everything.resourceCountIs('AWS::EC2::NatGateway', 0);
    everything.resourceCountIs('AWS::EC2::VPCEndpoint', 8);
    existingNetwork.resourceCountIs('AWS::EC2::VPC', 0);
    existingNetwork.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: { AwsvpcConfiguration: { Subnets: Match.arrayWith(['subnet-0bbbbbbbbbbbbbbb1']) } },
    });
  });
});

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

interface Container {
  readonly Environment: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly Secrets?: readonly { readonly Name: string }[];
}

function containersOf(template: Template): readonly Container[] {
  const [task] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return task?.['Properties']['ContainerDefinitions'] as Container[];
}

const environmentOf = (template: Template): Record<string, unknown> =>
  Object.fromEntries(
    containersOf(template).flatMap(({ Environment }) => Environment.map(({ Name, Value }) => [Name, Value])),
  );

function only<Name extends string>(
  template: Template,
  type: string,
  name: Name,
): Record<Name, Record<string, unknown>> {
  const found = Object.values(template.findResources(type));
  expect(found).toHaveLength(1);
  return { [name]: found[0]?.['Properties'] } as Record<Name, Record<string, unknown>>;
}

function named(stacks: ReadonlyMap<string, Template>, name: string): Template {
  const template = stacks.get(name);
  if (template === undefined) throw new Error(`no stack ${name}`);
  return template;
}
