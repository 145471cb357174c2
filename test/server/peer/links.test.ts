// Servers of one pool over real sockets: requests, answers and tickets, and what becomes of them when a connection breaks.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Front } from '../../../lib/server/activesync/owner-road.ts';
import { LinkError } from '../../../lib/server/peer/peer-link.ts';
import type { PeerResult } from '../../../lib/server/peer/peer-messages.ts';
import { TcpProxy } from '../../support/tcp-proxy.ts';
import {
  type FrontSide,
  OWNER,
  type OwnerOptions,
  type OwnerSide,
  reply,
  request,
  startFront,
  startOwner,
  until,
  wait,
} from './support/two-servers.ts';

const MEGABYTE = 1024 * 1024;

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function owner(options: OwnerOptions = {}): Promise<OwnerSide> {
  const side = await startOwner(options);
  opened.push(() => side.close());
  return side;
}

function front(): FrontSide {
  const side = startFront();
  opened.push(() => side.peers.close());
  return side;
}

async function wire(there: OwnerSide): Promise<{ proxy: TcpProxy; address: string }> {
  const proxy = await TcpProxy.start('127.0.0.1', there.port);
  opened.push(() => proxy.stop());
  return { proxy, address: `127.0.0.1:${proxy.port}` };
}

const peer = (address: string, session = OWNER) => ({ session, address });

describe('a request for another server', () => {
  it('comes there as it was, and its answer back', async () => {
    const there = await owner({ execute: () => reply(207, Buffer.from('done')) });
    const sent = request({ again: true, body: Buffer.from([0, 255, 7]) });
    const answer = await front().peers.execute(peer(there.address), 7, sent);
    expect(answer).toEqual(reply(207, Buffer.from('done')));
    expect(there.executed).toHaveLength(1);
    expect(there.executed[0]?.request).toEqual(sent);
    expect(there.executed[0]?.to).toEqual({ session: OWNER, epoch: 7 });
  });

  it('is carried with a body of 40 MB, and brings one of 40 MB back', { timeout: 60_000 }, async () => {
    const [body, back] = [randomBytes(40 * MEGABYTE), randomBytes(40 * MEGABYTE)];
    const there = await owner({ execute: () => reply(200, back) });
    const answer = await front().peers.execute(peer(there.address), 1, request({ body }));
    expect(answer.kind === 'reply' && Buffer.compare(answer.body, back)).toBe(0);
    expect(Buffer.compare(there.executed[0]?.request.body ?? Buffer.alloc(0), body)).toBe(0);
  });

  it('is refused where its body is over the limit there, and the next one is served', async () => {
    const there = await owner({ bodyLimitBytes: MEGABYTE });
    const { peers } = front();
    const large = peers.execute(peer(there.address), 1, request({ body: randomBytes(MEGABYTE + 1) }));
    await expect(large).rejects.toMatchObject({ kind: 'broken' });
    expect(await peers.execute(peer(there.address), 1, request())).toMatchObject({ kind: 'reply', status: 200 });
    expect(there.lines.filter((it) => it.level === 'warn').map((it) => it.message)).toEqual([
      'A request of another server could not be read, and was refused',
    ]);
  });

  it('cannot be sent where nobody listens: refused, and the session there is suspected', async () => {
    const there = await startOwner();
    await there.close();
    const { peers, suspicions } = front();
    await expect(peers.execute(peer(there.address), 1, request())).rejects.toMatchObject({ kind: 'refused' });
    expect(suspicions).toEqual([`${OWNER} no-answer`]);
  });

  it('is not given to a later session at the same address, and the one before is suspected', async () => {
    const there = await owner({ session: 'a-later-session' });
    const { peers, suspicions } = front();
    await expect(peers.execute(peer(there.address), 1, request())).rejects.toMatchObject({ kind: 'refused' });
    expect(there.executed).toEqual([]);
    expect(suspicions).toEqual([`${OWNER} no-answer`]);
  });

  it('fails as broken where the connection breaks before the answer: it may have been run', async () => {
    const there = await owner({ execute: () => new Promise(() => {}) });
    const { proxy, address } = await wire(there);
    const answer = front().peers.execute(peer(address), 1, request());
    const failed = expect(answer).rejects.toBeInstanceOf(LinkError);
    await until(() => there.executed.length === 1, 'the request is there');
    proxy.cut();
    await failed;
    await expect(answer).rejects.toMatchObject({ kind: 'broken' });
  });

  it('finds a new connection after the old one broke', async () => {
    const there = await owner();
    const { proxy, address } = await wire(there);
    const { peers, suspicions } = front();
    await peers.execute(peer(address), 1, request());
    proxy.cut();
    await until(() => there.executed.length === 1, 'the first was served');
    for (;;) {
      const answer = await peers.execute(peer(address), 1, request({ requestId: 'r2' })).catch(() => undefined);
      if (answer) break;
    }
    expect(there.executed.at(-1)?.request.requestId).toBe('r2');
    expect(suspicions).toEqual([]);
  });
});

describe('a waiting device at another server', () => {
  it('has its answer when its ticket is completed, and nobody else has', async () => {
    const there = await owner({ execute: ({ requestId }) => wait(requestId) });
    const { peers, completions } = front();
    const results = await Promise.all(
      ['a', 'b'].map((requestId) => peers.execute(peer(there.address), 1, request({ requestId }))),
    );
    expect(results.map((it) => it.kind === 'wait' && it.ticket)).toEqual([`${OWNER}/a`, `${OWNER}/b`]);
    expect(results[0]).toMatchObject({ waitMs: 60_000, atDeadline: reply(200, Buffer.from('nothing new')) });
    there.executed[1]?.front.complete('b', reply(200, Buffer.from('news')));
    await until(() => completions.length === 1, 'the completion comes');
    expect(completions).toEqual([{ ticket: `${OWNER}/b`, completion: reply(200, Buffer.from('news')) }]);
    there.executed[0]?.front.complete('a', { kind: 'again' });
    await until(() => completions.length === 2, 'the other comes');
    expect(completions[1]).toEqual({ ticket: `${OWNER}/a`, completion: { kind: 'again' } });
  });

  it('hears of a completion that came before the answer that opened the ticket', async () => {
    const there = await owner({
      execute: async (_, __, atFront) => {
        atFront.complete('early', { kind: 'again' });
        await new Promise((done) => setTimeout(done, 50));
        return wait('early');
      },
    });
    const { peers, completions, lost } = front();
    const result = await peers.execute(peer(there.address), 1, request());
    expect(result).toMatchObject({ kind: 'wait', ticket: `${OWNER}/early` });
    expect(completions).toEqual([{ ticket: `${OWNER}/early`, completion: { kind: 'again' } }]);
    peers.close();
    expect(lost).toEqual([]);
  });

  it('that hangs up: its ticket is closed there, and a completion on its way is nobody’s', async () => {
    const there = await owner({ execute: () => wait('t') });
    const { peers, completions } = front();
    await peers.execute(peer(there.address), 1, request());
    expect(peers.closeTicket(`${OWNER}/t`)).toBe(true);
    there.executed[0]?.front.complete('t', { kind: 'again' });
    await until(() => there.closedTickets.length === 1, 'it is closed there');
    expect(there.closedTickets).toEqual(['t']);
    expect(peers.closeTicket(`${OWNER}/t`)).toBe(false);
    await peers.execute(peer(there.address), 1, request());
    expect(completions).toEqual([]);
  });

  const PORTION = 250;
  it('is one of thousands: each has the answer that is its own', { timeout: 60_000 }, async () => {
    const count = 5_000;
    const there = await owner({ execute: ({ requestId }) => wait(requestId) });
    const { peers, completions } = front();
    // In portions: both ends are in this process, and a link whose loop stands still for seconds is given up.
    for (let from = 0; from < count; from += PORTION) {
      await Promise.all(
        Array.from({ length: PORTION }, (_, n) =>
          peers.execute(peer(there.address), 1, request({ requestId: `t${from + n}` })),
        ),
      );
    }
    const doors = new Map<string, Front>(there.executed.map((it) => [it.request.requestId, it.front]));
    for (const [ticket, door] of doors) door.complete(ticket, reply(200, Buffer.from(ticket)));
    await until(() => completions.length === count, 'all are completed');
    for (const { ticket, completion } of completions) {
      const body = completion.kind === 'reply' ? Buffer.from(completion.body).toString() : '';
      expect(`${OWNER}/${body}`).toBe(ticket);
    }
    expect(new Set(completions.map((it) => it.ticket)).size).toBe(count);
  });

  it('is lost when the connection breaks; the address is asked, and a process that is gone is told of', async () => {
    const there = await startOwner({ execute: ({ requestId }) => wait(requestId) });
    const { peers, lost, suspicions } = front();
    for (const requestId of ['a', 'b']) await peers.execute(peer(there.address), 1, request({ requestId }));
    await there.close();
    await until(() => lost.length === 2 && suspicions.length === 1, 'both are lost');
    expect(lost.toSorted()).toEqual([`${OWNER}/a`, `${OWNER}/b`]);
    expect(suspicions).toEqual([`${OWNER} gone`]);
  });

  it('is lost when the owner freezes, which pings find out; a silent owner is not suspected', {
    timeout: 30_000,
  }, async () => {
    const there = await owner({ execute: () => wait('t') });
    const { proxy, address } = await wire(there);
    const { peers, lost, suspicions } = front();
    await peers.execute(peer(address), 1, request());
    const from = performance.now();
    proxy.freeze();
    await until(() => lost.length === 1, 'the ticket is lost');
    expect(performance.now() - from).toBeLessThan(7_000);
    await expect(peers.execute(peer(address), 1, request())).rejects.toMatchObject({ kind: 'refused' });
    expect(suspicions).toEqual([]);
  });

  it('is forgotten by the owner when its front is gone', async () => {
    const there = await owner({ execute: ({ requestId }) => wait(requestId) });
    const { peers } = front();
    for (const requestId of ['a', 'b']) await peers.execute(peer(there.address), 1, request({ requestId }));
    peers.close();
    await until(() => there.closedTickets.length === 2, 'both are closed');
    expect(there.closedTickets.toSorted()).toEqual(['a', 'b']);
  });
});

describe('many requests at once', () => {
  it('each have the answer that is theirs, in whatever order the answers come', async () => {
    const count = 200;
    const there = await owner({
      execute: async ({ requestId, body }) => {
        await new Promise((done) => setTimeout(done, Number(requestId) % 7));
        return reply(200, Buffer.concat([Buffer.from(`${requestId}:`), body]));
      },
    });
    const { peers } = front();
    const bodyOf = (n: number) => Buffer.alloc(n * 31, n);
    const answers = await Promise.all(
      Array.from({ length: count }, (_, n) =>
        peers.execute(peer(there.address), 1, request({ requestId: String(n), body: bodyOf(n) })),
      ),
    );
    for (const [n, answer] of answers.entries()) {
      const expected = Buffer.concat([Buffer.from(`${n}:`), bodyOf(n)]);
      expect(answer.kind === 'reply' && Buffer.compare(answer.body, expected)).toBe(0);
    }
  });

  it('have answers of any size, and a small one does not wait for a large one', async () => {
    const large = randomBytes(3 * MEGABYTE);
    const there = await owner({
      execute: ({ requestId }) => reply(200, requestId === 'large' ? large : Buffer.from('small')),
    });
    const { peers } = front();
    const answers = await Promise.all(
      ['large', 'small', 'large'].map((requestId) => peers.execute(peer(there.address), 1, request({ requestId }))),
    );
    expect(answers.map((it) => it.kind === 'reply' && it.body.length)).toEqual([large.length, 5, large.length]);
    expect(answers[0]?.kind === 'reply' && Buffer.compare(answers[0].body, large)).toBe(0);
  });
});

describe('a device that hangs up before it is answered', () => {
  it.each([
    ['a small', 10],
    ['a large', MEGABYTE],
  ])('after %s request: the owner is told', async (_, bytes) => {
    const answer = Promise.withResolvers<PeerResult>();
    const there = await owner({ execute: () => answer.promise });
    const { peers } = front();
    const hangUp = new AbortController();
    const asked = peers.execute(peer(there.address), 1, request({ body: Buffer.alloc(bytes) }), hangUp.signal);
    const ended = asked.catch((thrown: unknown) => thrown);
    await until(() => there.executed.length === 1, 'the request is there');
    expect(there.executed[0]?.signal.aborted).toBe(false);
    hangUp.abort();
    await until(() => there.executed[0]?.signal.aborted === true, 'the owner knows');
    answer.resolve(wait('t'));
    await until(() => there.closedTickets.includes('t'), 'nobody waits there');
    await ended;
    expect(await peers.execute(peer(there.address), 1, request({ requestId: 'r2' }))).toBeTruthy();
  });

  it('and another that waits for its answer has it', async () => {
    const answers = new Map<string, (result: PeerResult) => void>();
    const there = await owner({
      execute: ({ requestId }) => new Promise((done) => answers.set(requestId, done)),
    });
    const { peers } = front();
    const hangUp = new AbortController();
    const [, other] = ['one', 'other'].map((requestId) =>
      peers.execute(peer(there.address), 1, request({ requestId }), requestId === 'one' ? hangUp.signal : undefined),
    );
    await until(() => answers.size === 2, 'both are there');
    hangUp.abort();
    await until(() => there.executed[0]?.signal.aborted === true, 'the owner knows');
    expect(there.executed[1]?.signal.aborted).toBe(false);
    for (const [requestId, done] of answers) done(reply(200, Buffer.from(requestId)));
    expect(await other).toEqual(reply(200, Buffer.from('other')));
  });

  it('with its front: the owner knows of all that ran for it', async () => {
    const there = await owner({ execute: () => new Promise(() => {}) });
    const { peers } = front();
    const asked = [10, MEGABYTE].map((bytes) =>
      peers.execute(peer(there.address), 1, request({ body: Buffer.alloc(bytes) })).catch((thrown: unknown) => thrown),
    );
    await until(() => there.executed.length === 2, 'both are there');
    peers.close();
    await until(() => there.executed.every((it) => it.signal.aborted), 'the owner knows');
    for (const failed of await Promise.all(asked)) expect(failed).toBeInstanceOf(LinkError);
  });
});

describe('who asks for people', () => {
  it('is told which devices of a user wait, and that another user is not served there', async () => {
    const there = await owner();
    const { peers } = front();
    expect(await peers.waitingDevices(peer(there.address), 'ada')).toEqual(new Set(['phone']));
    expect(await peers.waitingDevices(peer(there.address), 'bob')).toBeUndefined();
    await there.close();
    await expect(peers.waitingDevices(peer(there.address), 'ada')).rejects.toThrow('owner');
  });
});

describe('a user who is given', () => {
  it('is told to the new owner with what opens the mailbox', async () => {
    const there = await owner();
    const { account, credentials } = request();
    const given = { user: 'ada', epoch: 4, account: { ...account, addresses: [...account.addresses] }, credentials };
    await front().peers.tell(peer(there.address), given);
    expect(there.given).toEqual([given]);
  });
});
