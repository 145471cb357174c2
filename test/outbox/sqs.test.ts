// The outbox's queue in the cloud, and who works through it: SQS and S3 of a stand-in, a submission server of the test's own.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpServer } from '../../lib/backends/index.ts';
import { OutboxError, type QueuedMail } from '../../lib/outbox/index.ts';
import { DeadLetters, SqsMailQueue, workThrough, type WorkResult } from '../../lib/outbox/sqs/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type EventSourceOptions, pumpOnce } from '../support/lambda/event-source.ts';
import { SmtpSink } from '../support/smtp-sink.ts';
import { SqsStandIn } from '../support/sqs-stand-in.ts';
import { FaultyStore, MemoryStore } from '../sync/support/faulty-store.ts';

let cloud: SqsStandIn;
let sink: SmtpSink;
let serial = 0;
beforeAll(async () => {
  cloud = await SqsStandIn.start();
  sink = await SmtpSink.start({ accepts: (address) => !address.startsWith('nobody') });
});
afterAll(async () => {
  await sink.stop();
  await cloud.stop();
});

class Office {
  readonly name = `outbox${++serial}`;
  readonly tries: number;
  readonly place: { queueUrl: string; bucket: string };
  readonly queue: SqsMailQueue;
  readonly store = new FaultyStore(new MemoryStore());
  readonly results: WorkResult[] = [];
  lostAcknowledgements = 0;

  constructor(tries = 100) {
    this.tries = tries;
    this.place = { queueUrl: cloud.outbox(this.name, { tries }), bucket: `${this.name}-bodies` };
    this.queue = new SqsMailQueue(this.place, systemRandom);
  }

  /** As a server leaves it: the record, then the queue. */
  async accept(changes: Partial<QueuedMail> & { until?: number } = {}): Promise<QueuedMail> {
    const { until = 0, ...rest } = changes;
    const record = { partition: 'USER#ada', sort: `SENT#phone1#${++serial}` };
    const mail: QueuedMail = {
      record,
      messageId: `<${serial}@example.org>`,
      envelope: { from: 'ada@example.org', to: ['bob@example.org'] },
      acceptedAt: systemClock.now(),
      message: Buffer.from(`Message-ID: <${serial}@example.org>\r\nSubject: s${serial}\r\n\r\nHi\r\n`),
      ...rest,
    };
    const attributes = { status: 'queued', messageId: mail.messageId, writeId: 'w', until, epoch: 1 };
    await this.store.put({ key: mail.record, attributes });
    await this.queue.put(mail, 0);
    return mail;
  }

  get source(): EventSourceOptions {
    const server: SmtpServer = { host: '127.0.0.1', port: sink.port, tls: 'none', login: undefined };
    return {
      sqs: cloud.sqs,
      queueUrl: this.place.queueUrl,
      batchSize: 10,
      invoke: async ({ Records }) => {
        const received = Records.map((it) => ({
          id: it.messageId,
          receiptHandle: it.receiptHandle,
          text: it.body,
          receiveCount: Number(it.attributes.ApproximateReceiveCount),
        }));
        const staying = await workThrough(received, {
          store: this.store,
          queue: this.queue,
          server,
          clock: systemClock,
          random: systemRandom,
          log: silentLog,
          // Rounded up to seconds.
          firstPauseSeconds: 0.01,
          count: (result, { mayBeAccepted }) => {
            this.results.push(result);
            if (mayBeAccepted === 'true') this.lostAcknowledgements += 1;
          },
        });
        return { batchItemFailures: staying.map((itemIdentifier) => ({ itemIdentifier })) };
      },
    };
  }

  pump = (): Promise<boolean> => pumpOnce(this.source);

  /** Until nothing is left to give out. */
  async pumpAll(): Promise<void> {
    const end = performance.now() + 20_000;
    while (cloud.count(this.name) > 0) {
      if (performance.now() > end) throw new Error(`${cloud.count(this.name)} messages stay: ${this.results.join()}`);
      if (!(await this.pump())) await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Of the first message in the queue. */
  get firstText(): string {
    const [first] = cloud.server.inspectQueue(this.name)?.messages.ready ?? [];
    return first?.body ?? '';
  }

  async status({ record }: QueuedMail): Promise<unknown> {
    return (await this.store.get(record))?.attributes['status'];
  }

  get letters(): DeadLetters {
    return new DeadLetters(this.place, systemRandom);
  }
}

const taken = (mail: QueuedMail) =>
  sink.messages.filter(({ raw }) => raw.includes(`Message-ID: ${mail.messageId}\r\n`));
const parts = (office: Office) => ({ store: office.store, clock: systemClock, random: systemRandom });

beforeEach(() => {
  sink.fault = { kind: 'none' };
});

describe('queued mail', () => {
  it('is submitted once, and written down as sent', async () => {
    const office = new Office();
    const mail = await office.accept();
    await office.pumpAll();
    expect(taken(mail)).toMatchObject([{ from: 'ada@example.org', to: ['bob@example.org'] }]);
    expect(await office.status(mail)).toBe('sent');
  });

  it('too large for the queue is kept in the bucket, byte for byte, and removed from there', async () => {
    const office = new Office();
    const message = Buffer.concat([
      Buffer.from('Message-ID: <large@example.org>\r\n\r\n'),
      Buffer.from(Array.from({ length: 400_000 }, (_, index) => (index % 70 === 0 ? '\r\n' : 'x')).join('')),
    ]);
    const mail = await office.accept({ message, messageId: '<large@example.org>' });
    const { body } = JSON.parse(office.firstText) as { body: { object: string } };
    expect(body.object).toMatch(/^outbox\//);
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
    expect(taken(mail)[0]?.raw.subarray(0, message.length).equals(message)).toBe(true);
    const gone = office.queue.read({ body: { bucket: office.place.bucket, object: body.object } } as never);
    await expect(gone).rejects.toMatchObject({ code: 'bad-mail' });
  });

  it('too large, without a bucket, is not queued', async () => {
    const { queueUrl } = new Office().place;
    const queue = new SqsMailQueue({ queueUrl }, systemRandom);
    const mail = { ...(await new Office().accept()), message: Buffer.alloc(300_000) };
    await expect(queue.put(mail, 0)).rejects.toThrow(OutboxError);
  });

  it('that stands in the queue twice goes once, and so does one that was sent meanwhile', async () => {
    const office = new Office();
    const mail = await office.accept();
    await office.pumpAll();
    await office.queue.put(mail, 0);
    await office.queue.put(mail, 0);
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
    expect(office.results).toEqual(['sent', 'over', 'over']);
  });

  it('given to two at the same time goes once', async () => {
    const office = new Office();
    const mail = await office.accept();
    await office.queue.put(mail, 0);
    await Promise.all([office.pump(), office.pump()]);
    expect(taken(mail)).toHaveLength(1);
  });

  it('that a server still has in hand is left alone until then', async () => {
    const office = new Office();
    const mail = await office.accept({ until: systemClock.now() + 1_500 });
    await office.pump();
    expect(taken(mail)).toEqual([]);
    expect(office.results).toEqual(['later']);
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
  });

  it('that an administrator dropped does not go, though it is still there', async () => {
    const office = new Office();
    const mail = await office.accept();
    await office.store.update(mail.record, { set: { status: 'dropped' } });
    await office.pumpAll();
    expect(taken(mail)).toEqual([]);
    expect(office.results).toEqual(['over']);
  });

  it('whose record is gone goes: losing it would be worse', async () => {
    const office = new Office();
    const mail = await office.accept();
    await office.store.delete(mail.record);
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
    expect(await office.status(mail)).toBe('sent');
  });

  it('stays while the submission server is down, and goes when it is back', async () => {
    const office = new Office();
    const mail = await office.accept();
    sink.fault = { kind: 'drop', at: 'recipient' };
    await office.pump();
    expect(office.results).toEqual(['later']);
    sink.fault = { kind: 'none' };
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
    expect(office.lostAcknowledgements).toBe(0);
  });

  it('stays while the store does not answer', async () => {
    const office = new Office();
    const mail = await office.accept();
    office.store.fault = () => 'dropped';
    await office.pump();
    expect(taken(mail)).toEqual([]);
    office.store.fault = undefined;
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
  });

  it('whose acknowledgement was lost goes again under the same Message-ID, and that is counted', async () => {
    const office = new Office();
    const mail = await office.accept();
    sink.fault = { kind: 'drop', at: 'message' };
    await office.pump();
    sink.fault = { kind: 'none' };
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(2);
    expect(office.lostAcknowledgements).toBe(1);
  });

  it('that is refused for good comes back to its sender, who was told that it was sent', async () => {
    const office = new Office();
    const mail = await office.accept({ envelope: { from: 'ada@example.org', to: ['nobody@example.org'] } });
    await office.pumpAll();
    expect(taken(mail).filter(({ to }) => to.includes('nobody@example.org'))).toEqual([]);
    const notice = sink.messages.at(-1);
    expect(notice).toMatchObject({ from: '', to: ['ada@example.org'] });
    expect(notice?.raw.toString()).toMatch(/nobody@example\.org: .*550[^]*Nobody has got it/);
    expect(await office.status(mail)).toBe('sent');
  });

  it('that some recipients are refused goes to the others, and its sender hears of it', async () => {
    const office = new Office();
    const envelope = { from: 'ada@example.org', to: ['nobody@example.org', 'carol@example.org'] };
    const mail = await office.accept({ envelope });
    await office.pumpAll();
    expect(taken(mail).map(({ to }) => to)).toContainEqual(['carol@example.org']);
    expect(sink.messages.at(-1)?.raw.toString()).toContain('The others have got it.');
  });
});

describe('dead letters', () => {
  const poison = async (office: Office, text: string) => {
    const { SendMessageCommand } = await import('@aws-sdk/client-sqs');
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl: office.place.queueUrl, MessageBody: text }));
  };

  it.each([
    ['no JSON', 'nonsense', /JSON/],
    ['another version', JSON.stringify({ version: 9 }), /version/],
    ['no recipients', JSON.stringify({ version: 1, to: [] }), /to/],
  ])('%s in the queue ends among them, at once, and is listed with the reason', async (_, text, reason) => {
    const office = new Office(3);
    await poison(office, text);
    await office.pumpAll();
    expect(office.results).toEqual(['poison', 'poison', 'poison']);
    expect(await office.letters.list()).toMatchObject([
      { mail: undefined, why: expect.stringMatching(reason) as string },
    ]);
  });

  it('a body that is gone makes one, and does not keep others from going', async () => {
    const office = new Office(3);
    const mail = await office.accept();
    const text = JSON.parse(office.firstText) as object;
    const record = { partition: 'USER#ada', sort: 'SENT#phone1#gone' };
    const body = { bucket: office.place.bucket, object: 'outbox/gone' };
    await poison(office, JSON.stringify({ ...text, record, body }));
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
    expect(await office.letters.list()).toMatchObject([{ mail: { record, body } }]);
  });

  it('are given up, then sent back and sent', async () => {
    const office = new Office(2);
    const mail = await office.accept();
    sink.fault = { kind: 'reply', at: 'recipient', code: 451 };
    await office.pumpAll();
    sink.fault = { kind: 'none' };
    const { letters } = office;
    const [letter] = await letters.list();
    expect(letter?.mail).toMatchObject({ user: 'ada', messageId: mail.messageId });
    await letters.retry(letter as NonNullable<typeof letter>);
    expect(await letters.list()).toEqual([]);
    await office.pumpAll();
    expect(taken(mail)).toHaveLength(1);
  });

  it('that were dropped are not sent, wherever a copy turns up', async () => {
    const office = new Office(1);
    const mail = await office.accept();
    sink.fault = { kind: 'reply', at: 'recipient', code: 451 };
    await office.pumpAll();
    sink.fault = { kind: 'none' };
    const { letters } = office;
    const [letter] = await letters.list();
    expect(await letters.drop(letter as NonNullable<typeof letter>, parts(office))).toBe('dropped');
    await office.queue.put(mail, 0);
    await office.pumpAll();
    expect(taken(mail)).toEqual([]);
    expect(await letters.list()).toEqual([]);
  });

  it('listed and let go can be listed again at once', async () => {
    const office = new Office(1);
    for (let count = 0; count < 12; count++) await poison(office, `x${count}`);
    await office.pumpAll();
    const { letters } = office;
    const first = await letters.list();
    expect(first).toHaveLength(12);
    await letters.release(first);
    expect(await letters.list()).toHaveLength(12);
  });

  it('of a queue that has none are asked for in vain, with what to do', async () => {
    cloud.server.createQueue('plain');
    const letters = new DeadLetters({ queueUrl: cloud.url('plain') }, systemRandom);
    await expect(letters.list()).rejects.toThrow(/has no dead-letter queue/);
  });
});
