// Who may speak to a server of a pool, and what becomes of those that speak wrongly: refused and logged, and nobody else hurt.
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  createSecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, describe, expect, it } from 'vitest';
import {
  CARRIES_HEADER,
  CARRIES_REQUESTS,
  fetchMessage,
  SMALL_BODY_BYTES,
  toOwner,
} from '../../../lib/server/peer/conversation-messages.ts';
import { FrameReader, readFrame, writeFrame } from '../../../lib/server/peer/frames.ts';
import { executeMessage, PEER_PATHS } from '../../../lib/server/peer/peer-messages.ts';
import { connectorTls, listenerTls, poolKeys } from '../../../lib/server/peer/pool-key.ts';
import {
  KEY,
  NEXT_KEY,
  OWNER,
  type OwnerOptions,
  type OwnerSide,
  POOL,
  reply,
  request,
  startFront,
  startOwner,
  until,
} from './support/two-servers.ts';

const REFUSED_CONNECTION = 'A connection was refused: it does not have the key of this pool';
const REFUSED_REQUEST = 'A request of another server could not be read, and was refused';
const OTHER_KEY = 'the key of quite another pool';
const TO = { session: OWNER, epoch: 1 };

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

async function owner(options: OwnerOptions = {}): Promise<OwnerSide> {
  const side = await startOwner(options);
  opened.push(() => side.close());
  return side;
}

function frontWith(pool: string, secrets: readonly string[]) {
  const side = startFront(poolKeys(pool, secrets));
  opened.push(() => side.peers.close());
  return side;
}

const ask = (there: { address: string }, pool: string, ...secrets: string[]) =>
  frontWith(pool, secrets).peers.execute({ session: OWNER, address: there.address }, 1, request());

const warnings = (there: OwnerSide) => there.lines.filter((it) => it.level === 'warn').map((it) => it.message);

/** What has the key and does not keep to the protocol. */
async function rogue(there: OwnerSide): Promise<ClientHttp2Session> {
  const session = connect(`https://${there.address}`, connectorTls(poolKeys(POOL, [KEY])));
  session.on('error', () => {});
  opened.push(() => session.destroy());
  await once(session, 'connect');
  return session;
}

function post(session: ClientHttp2Session, path: string): ClientHttp2Stream {
  const stream = session.request({ ':method': 'POST', ':path': path });
  stream.on('error', () => {});
  return stream;
}

async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const [headers] = (await once(stream, 'response')) as [Record<string, unknown>];
  return Number(headers[':status']);
}

/** The heads of the first ones that come. */
async function framesOf(stream: ClientHttp2Stream, count: number): Promise<readonly unknown[]> {
  const reader = new FrameReader(1_000_000);
  const heads: unknown[] = [];
  stream.on('data', (chunk: Buffer) => reader.push(chunk, (it) => heads.push(it.head)));
  await until(() => heads.length >= count, 'they come');
  return heads;
}

describe('the key of the pool', () => {
  it('is taken, and while it is replaced both are: the next one and the one before', async () => {
    const [before, between, after] = await Promise.all(
      [[KEY], [NEXT_KEY, KEY], [NEXT_KEY]].map((secrets) => owner({ secrets })),
    );
    for (const [there, secrets] of [
      [before, [KEY]],
      [between, [KEY]],
      [between, [NEXT_KEY, KEY]],
      [after, [NEXT_KEY, KEY]],
    ] as const) {
      expect(await ask(there as OwnerSide, POOL, ...secrets)).toMatchObject({ status: 200 });
    }
    // One that has not heard of the next key takes nothing that is made with it.
    await expect(ask(before as OwnerSide, POOL, NEXT_KEY, KEY)).rejects.toMatchObject({ kind: 'refused' });
  });

  it.each([
    ['of another pool', POOL, OTHER_KEY],
    ['of a pool of another name', 'other', KEY],
  ])('%s opens nothing, and that is logged', async (_, pool, secret) => {
    const there = await owner();
    await expect(ask(there, pool, secret)).rejects.toMatchObject({ kind: 'refused' });
    await until(() => warnings(there).length > 0, 'it is logged');
    expect(new Set(warnings(there))).toEqual(new Set([REFUSED_CONNECTION]));
    expect(there.executed).toEqual([]);
  });

  it('wrong under the identity of the right one opens nothing, and that is logged', async () => {
    const there = await owner();
    const [right, wrong] = [poolKeys(POOL, [KEY]).current, poolKeys(POOL, [OTHER_KEY]).current];
    const current = { identity: right.identity, secret: wrong.secret };
    const socket = connectTls({
      port: there.port,
      host: '127.0.0.1',
      ...connectorTls({ current, accepted: [current] }),
    });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
    await until(() => warnings(there).length > 0, 'it is logged');
    expect(warnings(there)).toEqual([REFUSED_CONNECTION]);
  });

  it('is needed: TLS without one, and no TLS at all, are refused and logged', async () => {
    const there = await owner();
    const socket = connectTls({ port: there.port, host: '127.0.0.1', rejectUnauthorized: false });
    await expect(once(socket, 'secureConnect')).rejects.toThrow();
    const plain = connectTcp(there.port, '127.0.0.1');
    plain.on('error', () => {});
    plain.write('POST /execute HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n');
    await once(plain, 'close');
    await until(() => warnings(there).length === 2, 'both are logged');
    expect(warnings(there)).toEqual([REFUSED_CONNECTION, REFUSED_CONNECTION]);
  });

  it('is needed of the listener too: one with a certificate instead is sent nothing', async () => {
    const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
    const seen: string[] = [];
    const impostor = createSecureServer({ cert: pems.cert, key: pems.private });
    impostor.on('stream', (_, headers) => void seen.push(String(headers[':path'])));
    impostor.on('error', () => {});
    await new Promise<void>((done) => impostor.listen(0, '127.0.0.1', done));
    opened.push(() => void impostor.close());
    const address = `127.0.0.1:${(impostor.address() as AddressInfo).port}`;
    await expect(ask({ address }, POOL, KEY)).rejects.toMatchObject({ kind: 'refused' });
    expect(seen).toEqual([]);
  });
});

describe('bytes that were recorded', () => {
  it('run nothing when they are sent again over another connection', async () => {
    const there = await owner();
    const recorded: Buffer[] = [];
    const between = createServer((client: Socket) => {
      const upstream = connectTcp(there.port, '127.0.0.1');
      client.on('data', (chunk) => {
        recorded.push(chunk);
        upstream.write(chunk);
      });
      upstream.on('data', (chunk) => client.write(chunk));
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    await new Promise<void>((done) => between.listen(0, '127.0.0.1', done));
    opened.push(() => void between.close());
    expect(await ask({ address: `127.0.0.1:${(between.address() as AddressInfo).port}` }, POOL, KEY)).toBeTruthy();
    expect(there.executed).toHaveLength(1);
    const again = connectTcp(there.port, '127.0.0.1');
    again.on('error', () => {});
    again.resume();
    again.write(Buffer.concat(recorded));
    await once(again, 'close');
    await until(() => warnings(there).length === 1, 'it is logged');
    expect(warnings(there)).toEqual([REFUSED_CONNECTION]);
    expect(there.executed).toHaveLength(1);
  });
});

describe('a request that is not as it must be is refused and logged, and the connection goes on', () => {
  const head = () => executeMessage.head(request(), TO);
  const cases: readonly (readonly [string, string, Buffer])[] = [
    ['garbage', PEER_PATHS.execute, Buffer.from('what is this, no frame at all')],
    ['a frame that says that it is endless', PEER_PATHS.execute, Buffer.from('ffffffffffffffff', 'hex')],
    ['a frame whose head is no JSON', PEER_PATHS.execute, Buffer.from('0000000200000000{]', 'latin1')],
    ['half a frame', PEER_PATHS.execute, writeFrame(head(), Buffer.alloc(100)).subarray(0, 50)],
    ['one that was passed on already', PEER_PATHS.execute, writeFrame({ ...head(), hops: 2 })],
    ['an unknown command', PEER_PATHS.execute, writeFrame({ ...head(), line: { ...head().line, command: 'Erase' } })],
    ['one without credentials', PEER_PATHS.execute, writeFrame({ ...head(), credentials: undefined })],
    ['a user without an account', PEER_PATHS.given, writeFrame({ user: 'ada', epoch: 1 })],
    ['another path', '/administer', writeFrame({})],
  ];
  it.each(cases)('%s', async (_, path, bytes) => {
    const there = await owner();
    const session = await rogue(there);
    const tickets = post(session, PEER_PATHS.tickets);
    expect(await statusOf(tickets)).toBe(200);
    const stream = post(session, path);
    const ended = Promise.race([statusOf(stream), once(stream, 'close').then(() => 'closed')]);
    stream.end(bytes);
    expect([400, 'closed']).toContain(await ended);
    await until(() => warnings(there).length === 1, 'it is logged');
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect([there.executed, there.given]).toEqual([[], []]);
    const good = post(session, PEER_PATHS.execute);
    good.end(writeFrame(head()));
    expect((await readFrame(good, 1_000)).head).toMatchObject({ kind: 'reply', status: 200 });
  });

  it('one before the stream of tickets', async () => {
    const there = await owner();
    const stream = post(await rogue(there), PEER_PATHS.execute);
    stream.end(writeFrame(head()));
    expect(await statusOf(stream)).toBe(400);
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect(there.executed).toEqual([]);
  });

  it.each([
    ['one that was passed on already', { hops: 2 }],
    ['an unknown command', { line: { ...request().line, command: 'Erase' } }],
    ['one without credentials', { credentials: undefined }],
  ])('over the stream of tickets: %s', async (_, wrong) => {
    const there = await owner();
    const tickets = post(await rogue(there), PEER_PATHS.tickets);
    tickets.write(writeFrame({ ...toOwner.call(1, request(), TO), ...wrong }));
    tickets.write(writeFrame(toOwner.call(2, request(), TO)));
    const answers = await framesOf(tickets, 2);
    expect(answers).toEqual([{ call: 1, kind: 'refused' }, expect.objectContaining({ call: 2, kind: 'reply' })]);
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect(there.executed).toHaveLength(1);
  });

  it('over the stream of tickets a second time, by its number', async () => {
    const there = await owner();
    const tickets = post(await rogue(there), PEER_PATHS.tickets);
    const bytes = writeFrame(toOwner.call(1, request(), TO));
    tickets.write(Buffer.concat([bytes, bytes]));
    await once(tickets, 'close');
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect(there.executed).toHaveLength(1);
  });

  it('over the stream of tickets with a body that is to have a stream of its own', async () => {
    const there = await owner();
    const tickets = post(await rogue(there), PEER_PATHS.tickets);
    tickets.write(writeFrame(toOwner.call(1, request(), TO), Buffer.alloc(SMALL_BODY_BYTES + 1)));
    await once(tickets, 'close');
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect(there.executed).toEqual([]);
  });

  it('who fetches an answer that is not there, or another front’s', async () => {
    const there = await owner({ execute: () => reply(200, Buffer.alloc(SMALL_BODY_BYTES + 1)) });
    const [one, other] = [await rogue(there), await rogue(there)];
    const tickets = post(one, PEER_PATHS.tickets);
    tickets.write(writeFrame(toOwner.call(1, request(), TO)));
    expect(await framesOf(tickets, 1)).toEqual([{ call: 1, kind: 'large' }]);
    expect(await statusOf(post(other, PEER_PATHS.tickets))).toBe(200);
    const fetched = async (session: ClientHttp2Session) => {
      const stream = post(session, PEER_PATHS.answer);
      stream.end(writeFrame(fetchMessage.head(1)));
      return statusOf(stream);
    };
    expect([await fetched(other), await fetched(one), await fetched(one)]).toEqual([400, 200, 400]);
  });

  it('garbage among the closed tickets ends that stream, and nothing else', async () => {
    const there = await owner();
    const session = await rogue(there);
    const tickets = post(session, PEER_PATHS.tickets);
    expect(await statusOf(tickets)).toBe(200);
    tickets.write(Buffer.from('no frame, and a long one at that'));
    await once(tickets, 'close');
    expect(warnings(there)).toEqual([REFUSED_REQUEST]);
    expect(await ask(there, POOL, KEY)).toMatchObject({ status: 200 });
  });
});

/** It has the key of the pool, and its own mind. */
async function strangeOwner(serve: (stream: ServerHttp2Stream, path: string) => void): Promise<{ address: string }> {
  const strange = createSecureServer(listenerTls(poolKeys(POOL, [KEY])));
  strange.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    serve(stream, String(headers[':path']));
  });
  await new Promise<void>((done) => strange.listen(0, '127.0.0.1', done));
  opened.push(() => void strange.close());
  return { address: `127.0.0.1:${(strange.address() as AddressInfo).port}` };
}

describe('an answer that is not as it must be', () => {
  it.each([
    ['no frame', Buffer.from('sorry, I am something else')],
    ['a frame of something else', writeFrame({ kind: 'surprise' })],
  ])('%s: the request counts as broken', async (_, bytes) => {
    const strange = await strangeOwner((stream, path) => {
      stream.respond({ ':status': 200, 'caravan-session': OWNER });
      if (path === PEER_PATHS.execute) stream.end(bytes);
    });
    await expect(ask(strange, POOL, KEY)).rejects.toMatchObject({ kind: 'broken' });
  });

  it.each([
    ['to a request that is not under way', { call: 2, kind: 'moved' }],
    ['of a kind that there is not', { call: 1, kind: 'surprise' }],
  ])('%s: the connection ends, and the request counts as broken', async (_, head) => {
    const strange = await strangeOwner((stream, path) => {
      stream.respond({ ':status': 200, 'caravan-session': OWNER, [CARRIES_HEADER]: CARRIES_REQUESTS });
      if (path === PEER_PATHS.tickets) stream.once('data', () => stream.write(writeFrame(head)));
    });
    await expect(ask(strange, POOL, KEY)).rejects.toMatchObject({ kind: 'broken' });
  });

  it('garbage among the completions ends the connection, and its devices wait elsewhere', async () => {
    const there = await owner({
      execute: ({ requestId }) => ({
        ...reply(200),
        kind: 'wait',
        ticket: requestId,
        waitMs: 9_000,
        atDeadline: reply(200),
      }),
    });
    const side = frontWith(POOL, [KEY]);
    await side.peers.execute({ session: OWNER, address: there.address }, 1, request());
    there.executed[0]?.front.complete('r1', { kind: 'surprise' } as never);
    await until(() => side.lost.length === 1, 'the ticket is lost');
    expect(side.lost).toEqual([`${OWNER}/r1`]);
    expect(side.completions).toEqual([]);
  });
});
