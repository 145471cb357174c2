// The submission server goes away under load, loses acknowledgements before that, and a server is killed meanwhile: whatever a
// device was told is sent arrives, once, but where an acknowledgement was lost. Ten minutes of it are in `npm run test:faults`.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { EventSource } from '../support/lambda/event-source.ts';
import { FunctionProcess } from '../support/lambda/function-process.ts';
import { passwordOf, TestPool } from '../support/pool/test-pool.ts';
import { SqsStandIn } from '../support/sqs-stand-in.ts';
import { type Hardships, persistentTransport } from './support/persistent-transport.ts';
import { letterFrom } from './support/scenarios.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const IS_LONG = process.env['CARAVAN_FAULT_SIZE'] === 'full';
const OUTAGE_SECONDS = IS_LONG ? 600 : 12;
/** Of each person, between two messages. */
const PAUSE_SECONDS = IS_LONG ? 0.5 : 0.1;
/** A message that has waited through ten minutes is tried again every eight, or sixteen. */
const WORK_LIMIT_MS = IS_LONG ? 1_500_000 : 600_000;
const USERS = ['ada', 'bob', 'cleo', 'dora'];
/** Who may send for everybody. */
const ACCOUNT = 'ada';
const MESSAGE_ID = /^Message-ID: (.*)\r$/im;

let pool: TestPool;
let cloud: SqsStandIn;
let queueUrl: string;
const closing: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  cloud = await SqsStandIn.start();
  closing.push(() => cloud.stop());
  queueUrl = cloud.outbox('mail');
  const directory = await mkdtemp(join(tmpdir(), 'caravan-outbox-'));
  closing.push(() => rm(directory, { recursive: true, force: true }));
  const passwordFile = join(directory, 'submission.password');
  await writeFile(passwordFile, passwordOf(ACCOUNT), { mode: 0o600 });
  pool = await TestPool.start({
    servers: 2,
    users: USERS,
    store: 'embedded',
    wires: [],
    settings: {
      'outbox-queue-url': queueUrl,
      'outbox-bucket': 'mail-bodies',
      'mail-smtp-authentication': 'account',
      'mail-smtp-user-name': ACCOUNT,
      'mail-smtp-password-file': passwordFile,
    },
  });
  closing.push(() => pool.stop());
  const { place, site } = pool;
  const outbox = await FunctionProcess.start(join(place.bundles, 'outbox', 'main.mjs'), {
    CARAVAN_TABLE: place.table,
    CARAVAN_POOL: place.pool,
    AWS_ENDPOINT_URL_DYNAMODB: place.endpoint,
    CARAVAN_OUTBOX_QUEUE_URL: queueUrl,
    CARAVAN_OUTBOX_BUCKET: 'mail-bodies',
    CARAVAN_MAIL_KIND: 'imap',
    CARAVAN_MAIL_HOST: '127.0.0.1',
    CARAVAN_MAIL_DOMAIN: 'example.org',
    CARAVAN_MAIL_SMTP_HOST: '127.0.0.1',
    CARAVAN_MAIL_SMTP_PORT: String(site.smtp.port),
    CARAVAN_MAIL_SMTP_TLS: 'off',
    CARAVAN_MAIL_SMTP_AUTHENTICATION: 'account',
    CARAVAN_MAIL_SMTP_USER_NAME: ACCOUNT,
    CARAVAN_MAIL_SMTP_PASSWORD: passwordOf(ACCOUNT),
  });
  closing.push(() => outbox.end());
  const source = new EventSource({
    sqs: cloud.sqs,
    queueUrl,
    invoke: (event) => outbox.invoke(event),
    concurrency: 2,
    batchSize: 5,
  });
  closing.push(() => source.stop());
}, 240_000);
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
}, 60_000);

const pause = (seconds: number) => new Promise((done) => setTimeout(done, seconds * 1_000));

it('every accepted message arrives, once, but where an acknowledgement was lost', { timeout: 3_000_000 }, async () => {
  const { smtp } = pool.site;
  const hardships: Hardships = { lost: 0, refused: 0 };
  const accepted: string[] = [];
  const over = new AbortController();
  const people = USERS.map(async (user) => {
    const phone = new DeviceClient({
      url: pool.url,
      user,
      password: passwordOf(user),
      deviceId: `OUTBOX${user}`,
      version: '16.1',
      retry: { attempts: 1, maxRetryAfterSeconds: 0 },
      transport: persistentTransport(hardships, { again: [502, 503, 504], pauseMs: 200, attemptMs: () => 30_000 }),
    });
    for (let serial = 1; !over.signal.aborted; serial++) {
      const subject = `${user}-${serial}-end`;
      const mime = await letterFrom(user, subject);
      // Until the device is told so, it sends the same again.
      const isTold = await phone.sendMail({ mime, clientId: subject }).then(
        () => true,
        () => false,
      );
      if (isTold) accepted.push(subject);
      await pause(PAUSE_SECONDS);
    }
    phone.close();
  });
  await pool.until(() => accepted.length >= 8, 'mail is sent');
  smtp.fault = { kind: 'drop', at: 'message' };
  const unsure = () => smtp.messages.filter((it) => !it.isAcknowledged).length;
  await pool.until(() => unsure() >= 4, 'acknowledgements are lost');
  smtp.fault = { kind: 'drop', at: 'recipient' };
  const beforeOutage = accepted.length;
  await pause(OUTAGE_SECONDS / 2);
  const victim = await pool.busiest();
  await victim.kill();
  await pause(OUTAGE_SECONDS / 2);
  await pool.until(() => accepted.length > beforeOutage, 'mail is accepted while nobody takes it');
  smtp.fault = { kind: 'none' };
  const acceptedMeanwhile = accepted.length - beforeOutage;
  await pause(1);
  over.abort();
  await Promise.all(people);
  await pool.until(() => cloud.count('mail') === 0, 'the queue is worked through', WORK_LIMIT_MS);

  const twice: string[] = [];
  for (const subject of accepted) {
    const taken = pool.site.taken(subject);
    const lost = taken.filter((it) => !it.isAcknowledged).length;
    expect(taken.length - lost, `${subject} arrived and was acknowledged`).toBe(1);
    if (taken.length > 1) twice.push(subject);
    const ids = new Set(taken.map(({ raw }) => MESSAGE_ID.exec(raw.toString('latin1'))?.[1]));
    expect(ids.size, `the Message-IDs of ${subject}`).toBe(1);
  }
  expect(twice.length).toBeGreaterThan(0);
  expect(cloud.count('mail-dead')).toBe(0);
  process.stderr.write(
    `${accepted.length} accepted, ${acceptedMeanwhile} of them while nobody took mail; ${twice.length} arrived twice, each after a lost acknowledgement; the phones had ${hardships.refused} refusals and ${hardships.lost} lost answers\n`,
  );
});

it('a poison message ends among the dead letters, and caravan outbox list tells of it', {
  timeout: 300_000,
}, async () => {
  await cloud.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{"version":1,"user":"ada"}' }));
  await pool.until(() => cloud.count('mail-dead') === 1, 'the poison is given up', 200_000);
  const list = ['bin/caravan.ts', 'outbox', 'list', '--queue', queueUrl, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, list, { cwd: ROOT });
  const [figures, letter] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(figures).toMatchObject({ waiting: 0, deadLetters: 1 });
  expect(letter).toMatchObject({ why: expect.stringContaining('record') as string });
});
