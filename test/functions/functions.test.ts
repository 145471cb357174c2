// The functions as they are shipped: each bundle alone in an empty folder, called with events as the cloud gives them.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PoolAdministration } from '../../lib/pool/index.ts';
import { type EmbeddedDynamo, openDynamoStore, startEmbeddedDynamo, type Store } from '../../lib/store/index.ts';
import { type Bundle, buildBundle } from '../bench/standalone/bundle.ts';
import { FunctionProcess } from '../support/lambda/function-process.ts';
import { SmtpSink } from '../support/smtp-sink.ts';
import { SqsStandIn } from '../support/sqs-stand-in.ts';
import stopped from './events/task-stopped.json' with { type: 'json' };
import stopping from './events/task-stopping.json' with { type: 'json' };

const FUNCTIONS = ['balancer', 'task-stopped', 'outbox', 'canary'];
const MB = 1e6;
/** So long events have been in their queue. */
const QUEUED_MS = 20 * 60_000;
const TABLE = 'caravan';
const POOL = 'one';
const TASK = stopped.detail.taskArn;

let bundle: Bundle;
let dynamo: EmbeddedDynamo;
let store: Store;
let administration: PoolAdministration;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  bundle = await buildBundle();
  closing.push(() => bundle.remove());
  dynamo = await startEmbeddedDynamo();
  closing.push(() => dynamo.stop());
  const opened = await openDynamoStore({ table: TABLE, endpoint: dynamo.endpoint, requestTimeoutMs: 10_000 });
  closing.push(() => opened.close());
  await opened.createTable();
  store = opened;
  administration = new PoolAdministration({ store, clock: systemClock, random: systemRandom, pool: POOL });
}, 180_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
}, 60_000);

/** With the pool's table as the stack gives it. */
async function start(name: string, environment: Readonly<Record<string, string>> = {}): Promise<FunctionProcess> {
  const process = await FunctionProcess.start(join(bundle.directory, name, 'main.mjs'), {
    CARAVAN_TABLE: TABLE,
    CARAVAN_POOL: POOL,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    ...environment,
  });
  closing.push(() => process.end());
  return process;
}

const record = (body: unknown, messageId = 'm1') => ({
  messageId,
  receiptHandle: 'r1',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(systemClock.now() - QUEUED_MS) },
});

async function server(session: string, attributes: Record<string, string | number> = {}): Promise<void> {
  const now = systemClock.now();
  await store.put({
    key: { partition: `POOL#${POOL}`, sort: `SERVER#${session}` },
    attributes: {
      beat: 3,
      status: 'up',
      address: '10.0.1.5:8444',
      zone: 'a',
      build: '0.1.0',
      seen: now,
      started: now,
      ...attributes,
    },
  });
}

/** The event of the recorded stop, as another step of a task's way. */
const step = (lastStatus: string, detail: Readonly<Record<string, string>> = {}) => ({
  ...stopping,
  detail: { ...stopping.detail, ...detail, lastStatus },
});

const statusOf = async (session: string) =>
  (await administration.servers()).find((it) => it.session === session)?.status;

describe('every bundle', () => {
  it('is small, one file, and without a source map or a secret', async () => {
    for (const name of [...FUNCTIONS, 'server']) {
      const folder = join(bundle.directory, name);
      const files = await readdir(folder, { recursive: true });
      expect(files.filter((it) => /\.(m?js|map|ts)$/.test(it))).toEqual(['main.mjs']);
      const file = join(folder, 'main.mjs');
      expect((await stat(file)).size).toBeLessThan(name === 'server' ? 5 * MB : MB);
      const text = await readFile(file, 'utf8');
      const found = /sourceMappingURL|AKIA[0-9A-Z]{16}|-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/]{40}/.exec(
        text,
      );
      expect(found?.[0].slice(0, 40)).toBeUndefined();
      expect(text.includes(process.cwd())).toBe(false);
    }
  });

  it('that lacks a variable says which', async () => {
    const balancer = await FunctionProcess.start(join(bundle.directory, 'balancer', 'main.mjs'), {});
    closing.push(() => balancer.end());
    await expect(balancer.invoke({})).rejects.toThrow(/its variable CARAVAN_TABLE is not set/);
  });
});

describe('task-stopped', () => {
  it('drains the session of a task that ECS takes away before SIGTERM, fences it within a second of its end, and no other', async () => {
    await server('going', { task: TASK });
    await server('alive', { task: `${TASK}0` });
    await server('elsewhere');
    const ender = await start('task-stopped');
    expect(await ender.invoke({ Records: [record(stopping)] })).toEqual({ batchItemFailures: [] });
    expect(await statusOf('going')).toBe('draining');
    // Again: as each further step of the task does.
    expect(await ender.invoke({ Records: [record(stopping), record(step('STOPPING'), 'm2')] })).toEqual({
      batchItemFailures: [],
    });
    expect(await statusOf('going')).toBe('draining');
    // The function is warm: its start is not of this.
    const before = performance.now();
    expect(await ender.invoke({ Records: [record(stopped)] })).toEqual({ batchItemFailures: [] });
    expect(await statusOf('going')).toBe('fenced');
    expect(performance.now() - before).toBeLessThan(1_000);
    // Again, and out of order.
    const late = [record(stopped), record(stopping, 'm2'), record(stopped, 'm3')];
    expect(await ender.invoke({ Records: late })).toEqual({ batchItemFailures: [] });
    expect([await statusOf('going'), await statusOf('alive'), await statusOf('elsewhere')]).toEqual([
      'fenced',
      'up',
      'up',
    ]);
  });

  it('drains one that shall be stopped and still runs; starts, runs and what has left are let be', async () => {
    await server('wanted', { task: `${TASK}2` });
    await server('left', { task: `${TASK}3`, status: 'left' });
    const ender = await start('task-stopped');
    const running = { taskArn: `${TASK}2`, desiredStatus: 'RUNNING' };
    const Records = [
      record(step('ACTIVATING', running)),
      record(step('RUNNING', running), 'm2'),
      record(step('DEACTIVATING', { taskArn: `${TASK}3` }), 'm3'),
      record(step('STOPPED', { taskArn: `${TASK}3` }), 'm4'),
    ];
    expect(await ender.invoke({ Records })).toEqual({ batchItemFailures: [] });
    expect([await statusOf('wanted'), await statusOf('left')]).toEqual(['up', 'left']);
    await ender.invoke({ Records: [record(step('RUNNING', { taskArn: `${TASK}2` }))] });
    expect(await statusOf('wanted')).toBe('draining');
  });

  it('an event of another cluster, of another service, or none at all is done with and harms nobody', async () => {
    await server('mine', { task: `${TASK}1`, address: '10.0.1.23:8444' });
    const fencer = await start('task-stopped');
    const foreign = {
      ...stopped,
      detail: { ...stopped.detail, taskArn: 'arn:aws:ecs:eu-central-1:111122223333:task/other/0123456789abcdef' },
    };
    const strange = ['', 'null', '[]', '{"source":"aws.ecs"}', JSON.stringify({ ...stopped, source: 'aws.ec2' })];
    const Records = [
      record(foreign),
      record({ ...foreign, detail: { ...foreign.detail, lastStatus: 'DEACTIVATING' } }),
      ...strange.map((body, index) => record(body, `s${index}`)),
    ];
    expect(await fencer.invoke({ Records })).toEqual({ batchItemFailures: [] });
    expect(await statusOf('mine')).toBe('up');
  });

  it('whose store does not answer leaves the event in the queue', async () => {
    const fencer = await start('task-stopped', { AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:9' });
    const answer = await fencer.invoke({ Records: [record(stopped), record(stopping, 'm2'), record('none', 'm3')] });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }] });
  });
});

describe('balancer', () => {
  it('orders a constrained server to give users away', async () => {
    const now = systemClock.now();
    const long = { started: now - 3_600_000, devices: 0 };
    const table = { partition: 'POOL#two', sort: '' };
    const put = (session: string, attributes: Record<string, string | number>) =>
      store.put({
        key: { ...table, sort: `SERVER#${session}` },
        attributes: {
          beat: 9,
          status: 'up',
          address: 'x:1',
          zone: 'a',
          build: '0.1.0',
          seen: now,
          ...long,
          ...attributes,
        },
      });
    await put('full', { index: -20, users: 100, constrained: 'memory' });
    await put('idle', { index: 80, users: 10 });
    const balancer = await start('balancer', { CARAVAN_POOL: 'two' });
    expect(await balancer.invoke({ source: 'aws.events' })).toEqual([{ from: 'full', to: 'idle', count: 5 }]);
    const item = await store.get({ ...table, sort: 'SERVER#full' });
    expect(String(item?.attributes['orders'])).toContain('idle');
  });
});

/** Of the oldest mail that stays, as the function told it last. */
const ageIn = (lines: readonly string[]): unknown =>
  lines
    .filter((line) => line.includes('"OutboxAgeSeconds":'))
    .map((line) => (JSON.parse(line) as Record<string, unknown>)['OutboxAgeSeconds'])
    .at(-1);

describe('outbox', () => {
  it('submits what the queue gives it as the account of the pool, and tells it as metrics', async () => {
    const cloud = await SqsStandIn.start();
    closing.push(() => cloud.stop());
    const sink = await SmtpSink.start({ users: { caravan: 'hidden-word' } });
    closing.push(() => sink.stop());
    const outbox = await start('outbox', {
      CARAVAN_OUTBOX_QUEUE_URL: cloud.outbox('mail'),
      CARAVAN_OUTBOX_BUCKET: 'mail-bodies',
      CARAVAN_MAIL_KIND: 'imap',
      CARAVAN_MAIL_HOST: '127.0.0.1',
      CARAVAN_MAIL_DOMAIN: 'example.org',
      CARAVAN_MAIL_MASTER_USER_NAME: 'not-given-to-it',
      CARAVAN_MAIL_SMTP_PORT: String(sink.port),
      CARAVAN_MAIL_SMTP_TLS: 'off',
      CARAVAN_MAIL_SMTP_AUTHENTICATION: 'account',
      CARAVAN_MAIL_SMTP_USER_NAME: 'caravan',
      CARAVAN_MAIL_SMTP_PASSWORD: 'hidden-word',
    });
    const mail = {
      version: 1,
      user: 'ada',
      record: { partition: 'USER#ada', sort: 'SENT#phone1#c1' },
      messageId: '<a1@example.org>',
      from: 'ada@example.org',
      to: ['bob@example.org'],
      acceptedAt: systemClock.now(),
      sizeBytes: 20,
      body: { inline: Buffer.from('Subject: Hello\r\n\r\nHi\r\n').toString('base64') },
    };
    const Records = [record(mail), record(mail, 'm2'), record('poison', 'm3')];
    const { batchItemFailures } = (await outbox.invoke({ Records })) as {
      batchItemFailures: { itemIdentifier: string }[];
    };
    expect(sink.messages).toMatchObject([{ user: 'caravan', from: 'ada@example.org', to: ['bob@example.org'] }]);
    // The copy found the other at work, or done: it stays for later, or is over.
    expect(batchItemFailures.map((it) => it.itemIdentifier)).toContain('m3');
    expect(batchItemFailures.length).toBeLessThanOrEqual(2);
    const metrics = outbox.lines.filter((line) => line.includes('"_aws"')).map((line) => JSON.parse(line) as object);
    expect(metrics).toContainEqual(expect.objectContaining({ Pool: POOL, Result: 'sent', OutboxMail: 1 }));
    expect(metrics).toContainEqual(expect.objectContaining({ Pool: POOL, OutboxLostAcknowledgements: 0 }));
    expect(ageIn(outbox.lines)).toBeGreaterThanOrEqual(QUEUED_MS / 1_000);
    expect(outbox.lines.join('\n')).not.toContain('hidden-word');
  });

  it('that nobody lets submit says what to set', async () => {
    const outbox = await start('outbox', {
      CARAVAN_OUTBOX_QUEUE_URL: 'http://127.0.0.1:9/0/mail',
      CARAVAN_MAIL_KIND: 'imap',
      CARAVAN_MAIL_HOST: '127.0.0.1',
      CARAVAN_MAIL_DOMAIN: 'example.org',
    });
    await expect(outbox.invoke({ Records: [record('any')] })).rejects.toThrow(/mail from users who sign in themselves/);
    expect(ageIn(outbox.lines)).toBeGreaterThanOrEqual(QUEUED_MS / 1_000);
  });
});
