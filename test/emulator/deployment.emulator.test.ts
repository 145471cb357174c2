// The two regions of the example, deployed by the CDK's command line into an emulated AWS, where devices are served, changed, and taken away again.
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  ECSClient,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import {
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { LambdaClient, ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { ListBucketsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeMail, DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import { PoolAdministration } from '../../lib/pool/index.ts';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import { openDynamoStore } from '../../lib/store/index.ts';
import stopped from '../functions/events/task-stopped.json' with { type: 'json' };
import { Dovecot } from '../support/dovecot.ts';
import { prepareAccount } from '../support/emulator/account.ts';
import { Cdk } from '../support/emulator/cdk.ts';
import { DeployedService, end } from '../support/emulator/deployed-service.ts';
import { Deployed } from '../support/emulator/deployed.ts';
import { LEFT_OUT } from '../support/emulator/left-out.ts';
import { Moto } from '../support/emulator/moto.ts';
import { startTables, tableOf } from '../support/emulator/tables.ts';
import { EventSource, pumpOnce } from '../support/lambda/event-source.ts';
import { SmtpSink } from '../support/smtp-sink.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const LIMIT_MS = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'caravan-deployment-'));
const closing: (() => Promise<unknown>)[] = [];

/** Of the mail system, the master user and the submission account: those that prepareAccount makes the secrets of. */
const ADA = { user: 'ada', password: 'ada-secret' };
const MASTER = { user: 'caravan', password: 'caravan-imap-pass' };
const ACCOUNT = { caravan: 'caravan-smtp-pass' };
/** Of administrators: the emulator makes none either. */
const TOKEN = 'a token, of which the emulator makes none';

let moto: Moto;
let dovecot: Dovecot;
let smtp: SmtpSink;
let cdk: Cdk;
let frankfurt: Deployed;
let virginia: Deployed;
/** Deploys the file as `change` makes it, and says where its templates are. */
let synthesize: (name: string, change?: (file: Example) => void) => Promise<string>;

interface Example {
  readonly hostedZone: { readonly id: string };
  image?: unknown;
  readonly pools: { settings?: Record<string, unknown>; mail: Record<string, unknown> }[];
}

const tables = () => new DynamoDBClient(moto.client('eu-central-1'));
const queues = () => new SQSClient(moto.client('eu-central-1'));
const tasks = () => new ECSClient(moto.client('eu-central-1'));

beforeAll(async () => {
  moto = await Moto.start();
  closing.push(() => moto.stop());
  dovecot = await Dovecot.start({
    users: { [ADA.user]: ADA.password, canary: 'canary-pass' },
    master: MASTER,
  });
  closing.push(() => dovecot.stop());
  smtp = await SmtpSink.start({ users: ACCOUNT });
  closing.push(() => smtp.stop());
  cdk = new Cdk(moto, folder);
  const example = JSON.parse(readFileSync(join(ROOT, 'examples/two-regions.json'), 'utf8')) as Example;
  withMailSystem(example);
  // Of the sources, in place of one that somebody has pushed.
  delete example.image;
  const { file, zoneId } = await prepareAccount(moto, example as Example & Parameters<typeof prepareAccount>[1]);
  synthesize = async (name, change) => {
    const changed = structuredClone(file);
    change?.(changed);
    const config = join(folder, `${name}.json`);
    writeFileSync(config, JSON.stringify(changed));
    await cdk.synthesize(config, join(folder, name), { written: example.hostedZone.id, made: zoneId });
    return join(folder, name);
  };
  const out = await synthesize('first');
  frankfurt = new Deployed(moto, 'caravan-frankfurt', 'eu-central-1');
  virginia = new Deployed(moto, 'caravan-virginia', 'us-east-1');
  for (const { name, region } of [frankfurt, virginia]) {
    await cdk.bootstrap(region);
    await cdk.deploy(out, name);
  }
}, LIMIT_MS);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
  rmSync(folder, { recursive: true });
}, 60_000);

describe('two pools in two regions, deployed', () => {
  it('everything that is not left out is there, and moto passed over nothing', async () => {
    for (const stack of [frankfurt, virginia]) {
      const made = await stack.resources();
      const { Resources } = await stack.template();
      expect(made.map(({ logicalId }) => logicalId).toSorted()).toEqual(Object.keys(Resources).toSorted());
      expect(made.filter(({ type }) => LEFT_OUT[type] !== undefined)).toEqual([]);
    }
    const passedOver = moto.lines.filter((line) => line.includes('No Moto CloudFormation support'));
    // The bucket policy is of the bootstrap's own stack.
    expect(new Set(passedOver.map((line) => line.split(' ').at(-1)))).toEqual(new Set(['AWS::S3::BucketPolicy']));
  });

  it('a table: its keys, on demand, protected', async () => {
    const TableName = (await frankfurt.outputs())['Table'];
    const { Table } = await tables().send(new DescribeTableCommand({ TableName }));
    expect(Table).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      DeletionProtectionEnabled: true,
    });
  });

  it('queues whose poison goes to dead letters, each with its function', async () => {
    const { OutboxQueue, TaskStoppedQueue } = await frankfurt.outputs();
    const { EventSourceMappings = [] } = await new LambdaClient(moto.client('eu-central-1')).send(
      new ListEventSourceMappingsCommand({}),
    );
    for (const [QueueUrl, tries] of [
      [OutboxQueue, 100],
      [TaskStoppedQueue, 5],
    ] as const) {
      const { Attributes = {} } = await queues().send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      const policy = JSON.parse(Attributes['RedrivePolicy'] ?? '{}');
      expect(policy.maxReceiveCount).toBe(tries);
      expect(policy.deadLetterTargetArn).toMatch(/DeadLetters/);
      expect(EventSourceMappings.map((it) => it.EventSourceArn)).toContain(Attributes['QueueArn']);
    }
  });

  it('a load balancer over three zones: HTTPS with its certificate, plain HTTP redirected', async () => {
    const sprayers = new ElasticLoadBalancingV2Client(moto.client('eu-central-1'));
    const { LoadBalancers = [] } = await sprayers.send(new DescribeLoadBalancersCommand({}));
    expect(LoadBalancers).toMatchObject([{ Scheme: 'internet-facing', Type: 'application' }]);
    expect(LoadBalancers[0]?.AvailabilityZones?.map((it) => it.ZoneName).toSorted()).toEqual(
      ['a', 'b', 'c'].map((it) => `eu-central-1${it}`),
    );
    const { LoadBalancerArn = '' } = LoadBalancers[0] ?? {};
    const { Listeners = [] } = await sprayers.send(new DescribeListenersCommand({ LoadBalancerArn }));
    expect(Listeners.toSorted((a, b) => (a.Port ?? 0) - (b.Port ?? 0))).toMatchObject([
      { Port: 80, DefaultActions: [{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443' } }] },
      { Port: 443, Protocol: 'HTTPS', Certificates: [{}], DefaultActions: [{ Type: 'forward' }] },
    ]);
    const { TargetGroups } = await sprayers.send(new DescribeTargetGroupsCommand({ LoadBalancerArn }));
    expect(TargetGroups).toMatchObject([{ HealthCheckPath: '/ready', HealthCheckProtocol: 'HTTPS', Port: 8443 }]);
  });

  it('a service whose servers are told of their table and their pool', async () => {
    const { Cluster: cluster, Service = '', Table } = await frankfurt.outputs();
    const { services = [] } = await tasks().send(new DescribeServicesCommand({ cluster, services: [Service] }));
    expect(services).toHaveLength(1);
    const container = await containerOf(services[0]?.taskDefinition);
    expect(variablesOf(container)).toMatchObject({
      CARAVAN_POOL_NAME: 'caravan-frankfurt',
      CARAVAN_STORE_TABLE: Table,
      CARAVAN_STORE_REGION: 'eu-central-1',
    });
    expect(container).toMatchObject({ readonlyRootFilesystem: true, stopTimeout: 120, user: '1000:1000' });
  });

  it('each pool has its name in the zone', async () => {
    const HostedZoneId = (await frankfurt.template()).Resources;
    const zone = Object.values(HostedZoneId).find(({ Type }) => Type === 'AWS::Route53::RecordSet');
    const { ResourceRecordSets = [] } = await new Route53Client(moto.client('us-east-1')).send(
      new ListResourceRecordSetsCommand({ HostedZoneId: String(zone?.Properties?.['HostedZoneId']) }),
    );
    const names = ResourceRecordSets.filter((it) => it.Type === 'A').map((it) => it.Name);
    expect(names).toContain('frankfurt.sync.example.org.');
    expect(names).toContain('virginia.sync.example.org.');
    // One name leads to the nearest that is well.
    expect(
      ResourceRecordSets.filter((it) => it.Name === 'sync.example.org.' && it.Type === 'A').map((it) => [
        it.SetIdentifier,
        it.Region,
        it.HealthCheckId !== undefined,
      ]),
    ).toEqual([
      ['caravan-frankfurt', 'eu-central-1', true],
      ['caravan-virginia', 'us-east-1', true],
    ]);
  });
});

describe('the functions, run from the code that was deployed', () => {
  it('task-stopped takes the event from its queue and fences the session in the table', async () => {
    const { Table: table = '', TaskStoppedQueue = '' } = await frankfurt.outputs();
    const store = await openDynamoStore({ table, ...storeClient() });
    closing.push(() => store.close());
    await store.put(sessionItem('caravan-frankfurt', { task: stopped.detail.taskArn }));
    await queues().send(new SendMessageCommand({ QueueUrl: TaskStoppedQueue, MessageBody: JSON.stringify(stopped) }));
    const fencer = await frankfurt.start('TaskStopped');
    closing.push(() => fencer.end());
    const wasThere = await pumpOnce({
      sqs: queues(),
      queueUrl: TaskStoppedQueue,
      invoke: (event) => fencer.invoke(event),
    });
    expect(wasThere).toBe(true);
    const pool = { store, clock: systemClock, random: systemRandom, pool: 'caravan-frankfurt' };
    expect(await new PoolAdministration(pool).servers()).toMatchObject([{ session: 's1', status: 'fenced' }]);
    const { Attributes } = await queues().send(
      new GetQueueAttributesCommand({ QueueUrl: TaskStoppedQueue, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
    });
  });

  it('the balancer reads the table of its pool', async () => {
    const balancer = await frankfurt.start('Balancer');
    closing.push(() => balancer.end());
    expect(await balancer.invoke({ source: 'aws.events' })).toEqual([]);
  });

  it('the canary takes its mailbox from the secret, and tells that the front door is shut', async () => {
    const canary = await frankfurt.start('Canary', { CARAVAN_CANARY_URL: 'https://127.0.0.1:9' });
    closing.push(() => canary.end());
    await canary.invoke({ source: 'aws.events' }).catch(() => undefined);
    expect(canary.lines.join('\n')).toMatch(/"CanaryAvailability":0/);
    expect(canary.lines.join('\n')).not.toContain('canary-pass');
  });
});

describe('the servers, run from the image and the task definition that were deployed', () => {
  let service: DeployedService;
  let administration: PoolAdministration;
  let phone: DeviceClient;
  let aws: Readonly<Record<string, string>>;

  beforeAll(async () => {
    const { Cluster: cluster, Service = '', Table = '' } = await frankfurt.outputs();
    const { services = [] } = await tasks().send(new DescribeServicesCommand({ cluster, services: [Service] }));
    const container = await containerOf(services[0]?.taskDefinition);
    if (!container) throw new Error('the task has no container');
    const whole = (stack: string) => JSON.parse(readFileSync(join(folder, 'first', `${stack}.whole.json`), 'utf8'));
    const homes = tableOf(whole('caravan-geography'));
    const dynamo = await startTables({
      [Table]: tableOf(whole(frankfurt.name)),
      [String(variablesOf(container)['CARAVAN_HOMES_TABLE'])]: homes,
    });
    closing.push(() => dynamo.stop());
    aws = { AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint };
    const store = await openDynamoStore({ ...storeClient(), table: Table, endpoint: dynamo.endpoint });
    closing.push(() => store.close());
    administration = new PoolAdministration({
      store,
      clock: systemClock,
      random: systemRandom,
      pool: frankfurt.name,
    });
    mkdirSync(join(folder, 'tasks'));
    const [dockerfile = ''] = globSync(join(folder, 'first/asset.*/Dockerfile'));
    service = await DeployedService.start({
      moto,
      region: frankfurt.region,
      container,
      image: dirname(dockerfile),
      tables: dynamo.endpoint,
      secrets: {
        CARAVAN_POOL_KEY: 'a key, of which the emulator makes none',
        CARAVAN_ADMINISTRATION_TOKEN: TOKEN,
      },
      folder: join(folder, 'tasks'),
      servers: 2,
    });
    closing.push(() => service.stop());
    phone = new DeviceClient({ ...ADA, url: service.url, deviceId: 'DEPLOYED1', version: '16.1' });
    closing.push(async () => phone.close());
  }, LIMIT_MS);

  it('a device syncs its mail through the sprayer, by the home that it was given in the table of the homes', async () => {
    await dovecot.deliver(ADA.user, Buffer.from('From: bob@example.org\r\nSubject: Hello\r\n\r\nHi\r\n'));
    await phone.folderSync();
    const { serverId } = phone.folder(FolderType.inbox);
    await phone.syncAll({ collectionId: serverId });
    expect(phone.items(serverId)).toHaveLength(1);
    expect((await administration.servers()).map((it) => it.status)).toEqual(['up', 'up']);
  });

  it('administrators ask any server of its pool and its devices, with the token', async () => {
    for (const task of service.tasks) {
      const ask = async (path: string) => {
        const answer = await fetch(new URL(path, task.administration), {
          headers: { Authorization: `Bearer ${TOKEN}` },
        });
        return (await answer.json()) as Record<string, readonly object[]>;
      };
      expect((await ask('/pool'))['servers']).toHaveLength(2);
      expect((await ask(`/users/${ADA.user}/devices`))['devices']).toMatchObject([
        { id: 'DEPLOYED1', access: 'allowed' },
      ]);
      expect((await fetch(new URL('/pool', task.administration))).status).toBe(401);
    }
  });

  it('mail that nobody takes is accepted into the queue and the bucket, and the function submits it once', async () => {
    smtp.fault = { kind: 'drop', at: 'recipient' };
    for (const [subject, text] of [
      ['small', 'Hi'],
      ['large', 'x'.repeat(72).concat('\r\n').repeat(4_000)],
    ] as const) {
      const mime = await composeMail({ from: 'ada@example.org', to: ['bob@example.com'], subject, text });
      await phone.sendMail({ mime, clientId: subject });
    }
    const { OutboxQueue = '', OutboxBucket: Bucket = '' } = await frankfurt.outputs();
    const s3 = new S3Client({ ...moto.client(frankfurt.region), forcePathStyle: true });
    const waiting = async () => [
      await waitingIn(OutboxQueue),
      (await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount,
    ];
    expect(await waiting()).toEqual([2, 1]);
    expect(smtp.messages).toEqual([]);
    smtp.fault = { kind: 'none' };
    const submitter = await frankfurt.start('OutboxSubmitter', aws);
    closing.push(() => submitter.end());
    const source = new EventSource({
      sqs: queues(),
      queueUrl: OutboxQueue,
      invoke: (event) => submitter.invoke(event),
    });
    await expect.poll(waiting, { timeout: 60_000 }).toEqual([0, 0]);
    await source.stop();
    const subjects = smtp.messages.map(({ raw }) => /^Subject: (.*)\r$/m.exec(raw.toString('latin1'))?.[1] ?? '');
    expect(subjects.toSorted()).toEqual(['large', 'small']);
    expect(smtp.messages).toMatchObject([{ user: 'caravan' }, { user: 'caravan' }]);
  }, 90_000);

  it('the canary is served', async () => {
    const canary = await frankfurt.start('Canary', { ...aws, CARAVAN_CANARY_URL: service.url });
    closing.push(() => canary.end());
    expect(await canary.invoke({ source: 'aws.events' })).toMatchObject({ isServed: true });
  });

  it('a server that is killed is fenced by the event of its task, and the other serves its users', async () => {
    const sessions = await administration.servers();
    const owner = await administration.owner(ADA.user);
    const victim = service.at(sessions.find((it) => it.session === owner?.session)?.address ?? '');
    await end(victim.process, 'SIGKILL');
    const { TaskStoppedQueue = '' } = await frankfurt.outputs();
    const detail = { ...stopped.detail, taskArn: victim.arn };
    const MessageBody = JSON.stringify({ ...stopped, detail });
    await queues().send(new SendMessageCommand({ QueueUrl: TaskStoppedQueue, MessageBody }));
    const fencer = await frankfurt.start('TaskStopped', aws);
    closing.push(() => fencer.end());
    await pumpOnce({ sqs: queues(), queueUrl: TaskStoppedQueue, invoke: (event) => fencer.invoke(event) });
    const statuses = (await administration.servers()).map((it) => [it.address === victim.address, it.status]);
    expect(statuses).toContainEqual([true, 'fenced']);
    await dovecot.deliver(ADA.user, Buffer.from('From: bob@example.org\r\nSubject: Again\r\n\r\nHi\r\n'));
    const { serverId } = phone.folder(FolderType.inbox);
    await phone.syncAll({ collectionId: serverId });
    expect(phone.items(serverId)).toHaveLength(2);
    expect((await administration.owner(ADA.user))?.session).not.toBe(owner?.session);
  }, 90_000);

  it('a server that is told to stop drains and ends well', async () => {
    const { process } = service.tasks.find((it) => it.process.signalCode === null) ?? {};
    expect(process && (await end(process, 'SIGTERM'))).toBe(0);
  }, 90_000);
});

describe('a changed setting', () => {
  it(
    'replaces the task definition, and leaves the table, the front door, the code and the size of a pool that has grown alone',
    async () => {
      const { Cluster: cluster, Service: service } = await frankfurt.outputs();
      await tasks().send(new UpdateServiceCommand({ cluster, service, desiredCount: 7 }));
      const before = await facts();
      const out = await synthesize('second', ({ pools: [pool] }) => {
        if (!pool) return;
        pool.settings = { ...pool.settings, 'log.level': 'debug' };
      });
      await cdk.deploy(out, frankfurt.name);
      const after = await facts();
      expect(after).toMatchObject({ desiredCount: 7, logLevel: 'debug' });
      expect(before).toMatchObject({ desiredCount: 7, logLevel: 'info' });
      expect(after.taskDefinition).not.toBe(before.taskDefinition);
      expect(after.stays).toEqual(before.stays);
    },
    LIMIT_MS,
  );
});

describe('destroyed', () => {
  it(
    'a pool leaves what must not be lost, and nothing else; the other pool stays as it is',
    async () => {
      const out = join(folder, 'second');
      const { Table, OutboxBucket = '' } = await frankfurt.outputs();
      const elsewhere = await virginia.resources();
      await cdk.destroy(out, frankfurt.name);
      await expect(frankfurt.outputs()).rejects.toThrow(/does not exist/);
      expect((await tables().send(new DescribeTableCommand({ TableName: Table }))).Table?.TableStatus).toBe('ACTIVE');
      const s3 = new S3Client({ ...moto.client('eu-central-1'), forcePathStyle: true });
      const buckets = (await s3.send(new ListBucketsCommand({}))).Buckets?.map((it) => it.Name ?? '') ?? [];
      expect(buckets).toContain(OutboxBucket);
      expect(buckets.filter((it) => it.startsWith('caravan-frankfurt-logs'))).toHaveLength(1);
      const { QueueUrls = [] } = await queues().send(new ListQueuesCommand({}));
      expect(QueueUrls).toEqual([]);
      const { Functions } = await new LambdaClient(moto.client('eu-central-1')).send(new ListFunctionsCommand({}));
      expect(Functions).toEqual([]);
      const sprayers = new ElasticLoadBalancingV2Client(moto.client('eu-central-1'));
      expect((await sprayers.send(new DescribeLoadBalancersCommand({}))).LoadBalancers).toEqual([]);
      expect(await virginia.resources()).toEqual(elsewhere);
    },
    LIMIT_MS,
  );
});

/** Of Frankfurt: what a change changes, and what it must not. */
async function facts() {
  const { Cluster: cluster, Service = '', Table: TableName } = await frankfurt.outputs();
  const { services = [] } = await tasks().send(new DescribeServicesCommand({ cluster, services: [Service] }));
  const { desiredCount } = services[0] ?? {};
  const { Table } = await tables().send(new DescribeTableCommand({ TableName }));
  const sprayers = new ElasticLoadBalancingV2Client(moto.client('eu-central-1'));
  const { LoadBalancers = [] } = await sprayers.send(new DescribeLoadBalancersCommand({}));
  const { Functions = [] } = await new LambdaClient(moto.client('eu-central-1')).send(new ListFunctionsCommand({}));
  const others = (await frankfurt.resources()).filter(({ type }) => type !== 'AWS::ECS::TaskDefinition');
  return {
    desiredCount,
    taskDefinition: await frankfurt.idOf('AWS::ECS::TaskDefinition'),
    // As the stack has it: what moto makes of a changed one the SDK cannot read.
    logLevel: /"CARAVAN_LOG_LEVEL","Value":"(\w+)"/.exec(JSON.stringify(await frankfurt.template()))?.[1],
    stays: {
      resources: others,
      table: [Table?.TableArn, Table?.TableId, Table?.CreationDateTime],
      sprayer: LoadBalancers.map((it) => [it.LoadBalancerArn, it.DNSName, it.CreatedTime]),
      code: Functions.map((it) => [it.FunctionName, it.CodeSha256]),
    },
  };
}

/** Frankfurt's mail is on this machine. */
function withMailSystem({ pools: [pool] }: Example): void {
  if (!pool) throw new Error('the example has no pool');
  const smtpServer = { ...(pool.mail['smtp'] as object), host: '127.0.0.1', port: smtp.port, tls: 'off' };
  Object.assign(pool.mail, { host: dovecot.host, port: dovecot.imapPort, tls: 'off', smtp: smtpServer });
}

/** Messages that are in a queue, given out or not. */
async function waitingIn(QueueUrl: string): Promise<number> {
  const { Attributes } = await queues().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: taken } = Attributes ?? {};
  return Number(visible) + Number(taken);
}

async function containerOf(taskDefinition: string | undefined) {
  const described = await tasks().send(new DescribeTaskDefinitionCommand({ taskDefinition }));
  return described.taskDefinition?.containerDefinitions?.[0];
}

const variablesOf = (container: Awaited<ReturnType<typeof containerOf>>): Record<string, string | undefined> =>
  Object.fromEntries((container?.environment ?? []).map(({ name, value }) => [name, value]));

const storeClient = () => ({ endpoint: moto.endpoint, region: 'eu-central-1', requestTimeoutMs: 10_000 });

const sessionItem = (pool: string, attributes: Readonly<Record<string, string | number>>) => ({
  key: { partition: `POOL#${pool}`, sort: 'SERVER#s1' },
  attributes: {
    beat: 3,
    status: 'up',
    address: '10.20.1.5:8444',
    zone: 'a',
    build: '0.1.0',
    seen: systemClock.now(),
    started: systemClock.now(),
    ...attributes,
  },
});
