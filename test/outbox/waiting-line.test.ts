// What cannot be handed on soon waits in a queue: the device is told that it is sent once that is durable, and not before.
import { describe, expect, it } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import { type MailQueue, OutboxError, type QueuedMail, StoreOutbox } from '../../lib/outbox/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { FaultyStore, MemoryStore } from '../sync/support/faulty-store.ts';
import { ScriptedMailbox } from '../sync/support/scripted-mailbox.ts';
import { seededRandom } from '../sync/support/stage.ts';

const MESSAGE = 'From: ada@example.org\r\nTo: bob@example.org\r\nBcc: eve@example.org\r\nSubject: Hello\r\n\r\nHi\r\n';
const SENT = { id: 'Sent', make: async () => 'Sent' };
const PATIENCE_MS = 5_000;
const DOWN = new BackendError('unavailable', 'the submission server is down');

class Queue implements MailQueue {
  readonly mail: (QueuedMail & { delaySeconds: number })[] = [];
  isDown = false;

  async put(mail: QueuedMail, delaySeconds: number): Promise<void> {
    if (this.isDown) throw new OutboxError('queue-unavailable', 'no queue');
    this.mail.push({ ...mail, delaySeconds });
  }

  close(): void {}
}

class Post {
  readonly clock = new ManualClock();
  readonly mailbox = new SlowMailbox();
  readonly store = new FaultyStore(new MemoryStore());
  readonly queue = new Queue();
  readonly random = seededRandom('queue');
  outbox = this.#boot();

  restart(): void {
    this.outbox = this.#boot();
  }

  send(clientId = 'c1') {
    return this.outbox.send(standaloneLease('ada', 'session1'), this.mailbox, SENT, {
      deviceId: 'phone1',
      clientId,
      saveInSent: true,
      message: Buffer.from(MESSAGE),
    });
  }

  async status(): Promise<unknown> {
    for await (const { attributes } of this.store.query('USER#ada')) return attributes['status'];
    return undefined;
  }

  get kept(): number {
    return this.mailbox.messages('Sent').length;
  }

  #boot(): StoreOutbox {
    const { store, clock, random, queue } = this;
    return new StoreOutbox({ store, clock, random, log: silentLog, waiting: { queue, patienceMs: PATIENCE_MS } });
  }
}

/** Submission that ends when the test says so. */
class SlowMailbox extends ScriptedMailbox {
  hold: Promise<void> | undefined;
  signal: AbortSignal | undefined;

  override async submit(
    ...[envelope, message, signal]: Parameters<ScriptedMailbox['submit']> & [unknown, unknown, AbortSignal?]
  ) {
    this.signal = signal;
    await this.hold;
    await super.submit(envelope, message);
  }
}

const down = (post: Post) => {
  post.mailbox.fault = (call) => {
    if (call === 'submit') throw DOWN;
  };
};

describe('a message', () => {
  it('that goes at once is not queued, and costs what it did before', async () => {
    const post = new Post();
    expect(await post.store.counted(() => post.send())).toMatchObject({ writes: 2 });
    expect(post.queue.mail).toEqual([]);
  });

  it('that cannot go now is queued under its record, without Bcc, and its copy is kept', async () => {
    const post = new Post();
    down(post);
    expect(await post.send()).toEqual({ kind: 'queued' });
    const [mail] = post.queue.mail;
    expect(mail).toMatchObject({
      record: { partition: 'USER#ada', sort: 'SENT#phone1#c1' },
      envelope: { from: 'ada@example.org', to: ['bob@example.org', 'eve@example.org'] },
      delaySeconds: 0,
    });
    const text = Buffer.from(mail?.message ?? '').toString();
    expect(text).not.toContain('eve');
    expect(text).toContain(`Message-ID: ${mail?.messageId}\r\n`);
    expect(await post.status()).toBe('queued');
    expect(post.kept).toBe(1);
  });

  it('that is refused for good is not queued', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'submit') throw new BackendError('rejected', 'no', { why: '550' });
    };
    expect(await post.send()).toMatchObject({ kind: 'refused' });
    expect(post.queue.mail).toEqual([]);
  });

  it('whose password is wrong is not queued: nobody else has it', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'submit') throw new BackendError('rejected-credentials', 'no');
    };
    expect(await post.send()).toMatchObject({ kind: 'failed' });
    expect(post.queue.mail).toEqual([]);
  });
});

describe('a slow submission', () => {
  const slowly = async (post: Post) => {
    let letGo: (error?: Error) => void = () => {};
    post.mailbox.hold = new Promise((resolve, reject) => {
      letGo = (error) => (error ? reject(error) : resolve());
    });
    const answer = post.send();
    await settled();
    await post.clock.advance(PATIENCE_MS);
    return { answer, letGo };
  };

  it('is answered after the time that a device may have to wait, and nobody else may begin before it has ended', async () => {
    const post = new Post();
    const { answer } = await slowly(post);
    expect(await answer).toEqual({ kind: 'queued' });
    expect(post.queue.mail).toMatchObject([{ delaySeconds: 75 }]);
    expect(post.mailbox.signal?.aborted).toBe(false);
    await post.clock.advance(45_000);
    expect(post.mailbox.signal?.aborted).toBe(true);
  });

  it('that ends well after all is written down: the function finds that it is sent', async () => {
    const post = new Post();
    const { answer, letGo } = await slowly(post);
    await answer;
    letGo();
    await settled();
    expect(await post.status()).toBe('sent');
    expect(post.mailbox.submitted).toHaveLength(1);
  });

  it('that fails after all is left to the function', async () => {
    const post = new Post();
    const { answer, letGo } = await slowly(post);
    await answer;
    letGo(DOWN);
    await settled();
    expect(await post.status()).toBe('queued');
  });

  it('that cannot be queued either is waited for, and its end counts', async () => {
    const post = new Post();
    post.queue.isDown = true;
    const { answer, letGo } = await slowly(post);
    await settled();
    letGo();
    expect(await answer).toEqual({ kind: 'sent' });
    await settled();
    expect(await post.status()).toBe('sent');
    expect(post.kept).toBe(1);
  });
});

describe('where the queue fails too', () => {
  it('the device is told so, and what it sends again goes into the queue', async () => {
    const post = new Post();
    down(post);
    post.queue.isDown = true;
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    expect(post.kept).toBe(0);
    post.queue.isDown = false;
    post.restart();
    expect(await post.send()).toEqual({ kind: 'queued' });
    expect(post.kept).toBe(1);
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.queue.mail).toHaveLength(1);
  });

  it('a server that dies before the queue has it leaves it to the repetition', async () => {
    const post = new Post();
    down(post);
    post.queue.put = () => new Promise<never>(() => {});
    void post.send();
    await settled();
    expect(await post.status()).toBe('queueing');
    const lease = standaloneLease('ada', 'session1');
    expect(await post.outbox.wasSent(lease, 'phone1', 'c1')).toBe(false);
    delete (post.queue as Partial<Queue>).put;
    post.restart();
    expect(await post.send()).toEqual({ kind: 'queued' });
    expect(await post.outbox.wasSent(lease, 'phone1', 'c1')).toBe(true);
    expect(post.queue.mail).toHaveLength(1);
  });

  it('nothing is queued that could not be written down first', async () => {
    const post = new Post();
    down(post);
    post.store.fault = (operation) => (operation === 'update' ? 'dropped' : undefined);
    expect(await post.send()).toMatchObject({ kind: 'failed' });
    expect(post.queue.mail).toEqual([]);
  });
});

/** What goes on by itself has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}
