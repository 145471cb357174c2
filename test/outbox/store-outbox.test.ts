// Sending once, whatever breaks (sync-state.md, rule 10).
import { describe, expect, it } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import { type OutgoingMessage, StoreOutbox } from '../../lib/outbox/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { FaultyStore, MemoryStore } from '../sync/support/faulty-store.ts';
import { ScriptedMailbox } from '../sync/support/scripted-mailbox.ts';
import { seededRandom } from '../sync/support/stage.ts';

const MESSAGE = [
  'From: Ada <ada@example.org>',
  'To: Bob <bob@example.org>, "Carol, the Great" <carol@example.org>',
  'Cc: dave@example.org',
  'Bcc: Eve <eve@example.org>,',
  ' bob@EXAMPLE.org',
  'Subject: Hello',
  'Date: Thu, 19 Nov 2026 10:00:00 +0000',
  '',
  'Bcc: not a header',
  '',
].join('\r\n');

const SENT = { id: 'Sent', make: async () => 'Sent' };

class Post {
  readonly clock = new ManualClock();
  readonly mailbox = new ScriptedMailbox();
  readonly store = new FaultyStore(new MemoryStore());
  readonly random = seededRandom('outbox');
  isHeld = true;
  outbox = this.#boot();

  restart(options: { keepsCopy?: boolean } = {}): void {
    this.outbox = this.#boot(options);
  }

  send(options: Partial<Omit<OutgoingMessage, 'message'>> & { text?: string } = {}) {
    const { text = MESSAGE, ...rest } = options;
    const lease = { ...standaloneLease('ada', 'session1'), isHeld: () => this.isHeld };
    const message = {
      deviceId: 'phone1',
      clientId: 'c1',
      saveInSent: true,
      ...rest,
      message: Buffer.from(text, 'latin1'),
    };
    return this.outbox.send(lease, this.mailbox, SENT, message);
  }

  get sent(): string[] {
    return this.mailbox.submitted.map(({ message }) => message.toString('latin1'));
  }

  get kept(): string[] {
    return this.mailbox.messages('Sent').map(({ bytes }) => bytes.toString('latin1'));
  }

  #boot(options: { keepsCopy?: boolean } = {}): StoreOutbox {
    const { store, clock, random } = this;
    return new StoreOutbox({ store, clock, random, log: silentLog, ...options });
  }
}

const idOf = (message: string | undefined) => /^Message-ID: (.*)\r$/m.exec(message ?? '')?.[1];

describe('a message', () => {
  it('goes out to everybody it names, each once, and the copy is kept as read', async () => {
    const post = new Post();
    expect(await post.send()).toEqual({ kind: 'sent' });
    expect(post.mailbox.submitted[0]?.envelope).toEqual({
      from: 'ada@example.org',
      to: ['bob@EXAMPLE.org', 'carol@example.org', 'dave@example.org', 'eve@example.org'],
    });
    expect(post.kept).toHaveLength(1);
    expect(post.mailbox.messages('Sent')[0]?.flags).toEqual(['\\Seen']);
  });

  it('goes out without Bcc, folded lines and all, and keeps it in the copy', async () => {
    const post = new Post();
    await post.send();
    const [header, ...body] = (post.sent[0] ?? '').split('\r\n\r\n');
    expect(header).not.toMatch(/eve|bcc/i);
    expect(body.join('\r\n\r\n')).toBe('Bcc: not a header\r\n');
    expect(post.kept[0]).toContain('Bcc: Eve <eve@example.org>,\r\n bob@EXAMPLE.org\r\n');
  });

  it('keeps its own Message-ID, and the body as it is to the byte', async () => {
    const post = new Post();
    const body = `8-bit: ${String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte))}\r\n.\r\nlone LF\nend`;
    await post.send({ text: `To: bob@example.org\r\nMessage-ID: <mine@phone>\r\nSubject: \xe4\xf6\r\n\r\n${body}` });
    expect(idOf(post.sent[0])).toBe('<mine@phone>');
    expect(post.sent[0]?.split('\r\n\r\n').slice(1).join('\r\n\r\n')).toBe(body);
    expect(post.sent[0]).toContain('Subject: \xe4\xf6\r\n');
  });

  it.each([
    ['none', ''],
    ['one that is none', 'Message-ID: nonsense\r\n'],
  ])('with %s is given a Message-ID of the domain, the same for the same ClientId', async (_, line) => {
    const ids = [];
    for (const clientId of ['c1', 'c1', 'c2']) {
      const post = new Post();
      await post.send({ clientId, text: line + MESSAGE });
      ids.push(idOf(post.sent[0]));
      expect(idOf(post.kept[0])).toBe(ids.at(-1));
    }
    expect(ids[0]).toMatch(/^<[\w-]{32}@example\.org>$/);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('without From and Date is given both', async () => {
    const post = new Post();
    await post.send({ text: 'To: bob@example.org\r\n\r\nHi' });
    expect(post.sent[0]).toContain('From: "Ada" <ada@example.org>\r\n');
    expect(post.sent[0]).toContain('Date: Thu, 15 Jan 2026 09:00:00 +0000\r\n');
  });

  it("that claims to be from somebody else is submitted under the account's own address", async () => {
    const post = new Post();
    await post.send({ text: MESSAGE.replace('ada@example.org', 'ceo@example.org') });
    expect(post.mailbox.submitted[0]?.envelope.from).toBe('ada@example.org');
  });

  it('with line feeds alone is a message too', async () => {
    const post = new Post();
    await post.send({ text: 'To: bob@example.org\nBcc: eve@example.org\nSubject: x\n\nHi\n' });
    expect(post.mailbox.submitted[0]?.envelope.to).toEqual(['bob@example.org', 'eve@example.org']);
    expect(post.sent[0]).not.toContain('eve');
    expect(post.sent[0]).toContain('\n\nHi\n');
  });

  it('is not kept where it is not to be', async () => {
    const post = new Post();
    await post.send({ saveInSent: false });
    expect(post.sent).toHaveLength(1);
    expect(post.kept).toEqual([]);
  });

  it('is not kept where the mail system does that by itself', async () => {
    const post = new Post();
    post.restart({ keepsCopy: false });
    expect(await post.send()).toEqual({ kind: 'sent' });
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
    expect(post.kept).toEqual([]);
  });

  it.each([
    ['no recipient', 'From: ada@example.org\r\nSubject: x\r\n\r\n', 'no-recipients'],
    ['recipients that are none', 'To: Bob, undisclosed-recipients:;\r\nSubject: x\r\n\r\n', 'no-recipients'],
    ['no header', 'just text', 'malformed'],
    ['nothing', '', 'malformed'],
  ])('with %s is refused, and nothing is written', async (_, text, reason) => {
    const post = new Post();
    expect(await post.send({ text })).toMatchObject({ kind: 'refused', reason });
    expect(post.store.counts.writes).toBe(0);
    expect(post.sent).toEqual([]);
  });

  it('that the submission server refuses is refused for good, and its ClientId may be used again', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'submit') throw new BackendError('rejected', 'it was not taken', { why: '550 no such user' });
    };
    expect(await post.send()).toMatchObject({
      kind: 'refused',
      reason: 'rejected',
      why: expect.stringContaining('550') as string,
    });
    post.mailbox.fault = undefined;
    expect(await post.send()).toEqual({ kind: 'sent' });
  });

  it('over quota is refused so', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'submit') throw new BackendError('over-quota', 'too much');
    };
    expect(await post.send()).toMatchObject({ kind: 'refused', reason: 'quota' });
  });
});

describe('the same message again', () => {
  it('under the same ClientId: success, and nothing more is done', async () => {
    const post = new Post();
    await post.send();
    post.restart();
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
    expect(post.kept).toHaveLength(1);
  });

  it('at the same time: one waits for the other', async () => {
    const post = new Post();
    const results = await Promise.all([post.send(), post.send(), post.send()]);
    expect(results.map(({ kind }) => kind).sort()).toEqual(['repeated', 'repeated', 'sent']);
    expect(post.sent).toHaveLength(1);
  });

  it('under another ClientId with the very same content, a moment later', async () => {
    const post = new Post();
    await post.send({ clientId: 'c1' });
    await post.clock.advance(60_000);
    expect(await post.send({ clientId: 'c2' })).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
  });

  it.each([
    ['much later', { wait: 6 * 60_000, deviceId: 'phone1', text: MESSAGE }],
    ['from another device', { wait: 0, deviceId: 'phone2', text: MESSAGE }],
    ['with another date', { wait: 0, deviceId: 'phone1', text: MESSAGE.replace('10:00:00', '10:00:01') }],
  ])('%s is another message', async (_, { wait, deviceId, text }) => {
    const post = new Post();
    await post.send();
    await post.clock.advance(wait);
    expect(await post.send({ clientId: 'c2', deviceId, text })).toEqual({ kind: 'sent' });
    expect(post.sent).toHaveLength(2);
  });

  it('without Date and Message-ID there is no telling: both are sent', async () => {
    const post = new Post();
    const text = 'To: bob@example.org\r\nSubject: ok\r\n\r\nok\r\n';
    await post.send({ text });
    expect(await post.send({ clientId: 'c2', text })).toEqual({ kind: 'sent' });
  });
});

describe('another message under a ClientId that was used before', () => {
  const PARTS = [
    'From: ada@example.org',
    'To: bob@example.org',
    'Subject: Photo',
    'Date: Thu, 19 Nov 2026 10:00:00 +0000',
    'Message-ID: <1@phone>',
    'Content-Type: multipart/mixed; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain',
    '',
    'Here it is',
    '--b1--',
    '',
  ].join('\r\n');
  const again = PARTS.replaceAll('b1', 'b2').replace('<1@phone>', '<2@phone>').replace('10:00:00', '10:00:09');
  const send = (post: Post, text: string) => post.send({ clientId: '1', text, fromDevice: Buffer.from(text) });

  it.each([
    ['about something else', again.replace('Subject: Photo', 'Subject: Another')],
    ['to somebody else', again.replace('To: bob', 'To: carol')],
    ['that says something else', again.replace('Here it is', 'Here is another')],
    ['without an id of its own', MESSAGE],
  ])('%s goes out, once, however often the device sends it', async (_, other) => {
    const post = new Post();
    expect(await send(post, PARTS)).toEqual({ kind: 'sent' });
    await post.clock.advance(6 * 86_400_000);
    expect(await send(post, other)).toEqual({ kind: 'sent' });
    post.restart();
    expect(await send(post, other)).toEqual({ kind: 'repeated' });
    expect(await send(post, PARTS)).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(2);
    expect(post.kept).toHaveLength(2);
    expect(idOf(post.sent[1])).not.toBe(idOf(post.sent[0]));
  });

  it('gets another Message-ID where the server makes it: programs take two of one for the same', async () => {
    const post = new Post();
    for (const text of [MESSAGE, MESSAGE.replace('Subject: ', 'Subject: Not ')]) {
      expect(text).not.toContain('Message-ID');
      expect(await send(post, text)).toEqual({ kind: 'sent' });
    }
    expect(idOf(post.sent[0])).toBeDefined();
    expect(idOf(post.sent[1])).not.toBe(idOf(post.sent[0]));
    expect(post.kept).toHaveLength(2);
  });

  it('is none where only Date, Message-ID and boundaries are new: those a device may make anew when it sends again', async () => {
    const post = new Post();
    expect(await send(post, PARTS)).toEqual({ kind: 'sent' });
    expect(await send(post, again)).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
  });
});

describe('what broke off', () => {
  const unavailable = new BackendError('unavailable', 'the connection broke');

  it('before it was written down: nothing went', async () => {
    const post = new Post();
    post.store.fault = (operation) => (operation === 'put' ? 'dropped' : undefined);
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    expect(post.sent).toEqual([]);
    post.store.fault = undefined;
    expect(await post.send()).toEqual({ kind: 'sent' });
  });

  it('when the write that was lost had been applied: it goes, once', async () => {
    const post = new Post();
    post.store.fault = (operation) => (operation === 'put' ? 'lost' : undefined);
    expect(await post.send()).toEqual({ kind: 'sent' });
    expect(post.sent).toHaveLength(1);
  });

  it('in the submission: it goes again under the same Message-ID', async () => {
    const post = new Post();
    post.mailbox.fault = (call, isDone) => {
      if (call === 'submit' && isDone) throw unavailable;
    };
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    post.mailbox.fault = undefined;
    post.restart();
    expect(await post.send()).toEqual({ kind: 'sent' });
    expect(post.sent).toHaveLength(2);
    expect(idOf(post.sent[0])).toBe(idOf(post.sent[1]));
    expect(post.kept).toHaveLength(1);
  });

  it('in the submission, and the device comes with another ClientId: the Message-ID stays', async () => {
    const post = new Post();
    post.mailbox.fault = (call, isDone) => {
      if (call === 'submit' && isDone) throw unavailable;
    };
    await post.send({ clientId: 'c1' });
    post.mailbox.fault = undefined;
    expect(await post.send({ clientId: 'c2' })).toEqual({ kind: 'sent' });
    expect(idOf(post.sent[0])).toBe(idOf(post.sent[1]));
    expect(idOf(post.kept[0])).toBe(idOf(post.sent[1]));
  });

  it('after the submission, before that was recorded, and the server kept the copy itself: found there', async () => {
    const post = new Post();
    post.store.fault = (operation) => (operation === 'update' ? 'dropped' : undefined);
    expect(await post.send()).toEqual({ kind: 'sent' });
    post.store.fault = undefined;
    post.restart();
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
    expect(post.kept).toHaveLength(1);
  });

  it('in keeping the copy: the device comes again, and gets it, once; the message does not go again', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'append') throw unavailable;
    };
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    post.mailbox.fault = undefined;
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.kept).toHaveLength(1);
    expect(post.sent).toHaveLength(1);
  });

  it('in keeping the copy, again and again: the device is asked for five minutes, and no longer', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'append') throw unavailable;
    };
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    await post.clock.advance(4 * 60_000);
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    await post.clock.advance(2 * 60_000);
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
  });

  it('in keeping the copy, since there is no room for it: nobody is asked for anything', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'append') throw new BackendError('over-quota', 'the mailbox is full');
    };
    expect(await post.send()).toEqual({ kind: 'sent' });
  });

  it('under a lease that ended: nothing goes', async () => {
    const post = new Post();
    post.isHeld = false;
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    expect(post.sent).toEqual([]);
  });

  it('under a lease that ends while the record is written: the copy is kept by then', async () => {
    const post = new Post();
    const update = post.store.update.bind(post.store);
    post.store.update = (...call) => {
      post.isHeld = false;
      return update(...call);
    };
    expect(await post.send()).toEqual({ kind: 'sent' });
    expect(post.kept).toHaveLength(1);
  });

  it('under a lease that ends at its submission: the repetition keeps the copy, and sends nothing', async () => {
    const post = new Post();
    post.mailbox.fault = (call) => {
      if (call === 'submit') post.isHeld = false;
    };
    expect(await post.send()).toMatchObject({ kind: 'failed', reason: 'unavailable' });
    expect(post.kept).toEqual([]);
    post.isHeld = true;
    expect(await post.send()).toEqual({ kind: 'repeated' });
    expect(post.sent).toHaveLength(1);
    expect(post.kept).toHaveLength(1);
  });
});

describe('the intent', () => {
  it('is kept for seven days under names that a person can read', async () => {
    const post = new Post();
    await post.send({ clientId: 'c/1 #x' });
    const items = [];
    for await (const item of post.store.query('USER#ada')) items.push(item);
    expect(items).toMatchObject([
      {
        key: { sort: 'SENT#phone1#c%2F1%20%23x' },
        attributes: { status: 'sent', recipients: 4, expires: Math.floor(post.clock.now() / 1_000) + 7 * 86_400 },
      },
    ]);
  });

  it('costs two writes a message', async () => {
    const post = new Post();
    expect(await post.store.counted(() => post.send())).toMatchObject({ writes: 2 });
  });
});
