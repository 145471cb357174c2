// Bad input: the door itself, by socket, of a whole server in this process: broken HTTP, wrong lengths, slow and endless bodies,
// huge headers, compressed bodies, closes in the middle, damaged documents. Each is answered with a 4xx, a status of the
// protocol or a close; never 500, never a line in the log that tells of a failure of ours; and others are served meanwhile.
import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeviceClient, FolderType } from '../../lib/activesync/client/index.ts';
import { buildRequestLine, type RequestLine, writeWbxml } from '../../lib/activesync/protocol/index.ts';
import { damaged, damages, documents, requestLines, split } from '../activesync/protocol/generators.ts';
import { PASSWORDS } from '../backends/folders/setup.ts';
import { basicOf, FoldersServer } from '../support/folders-server.ts';
import { RawConnection, rawRequest } from '../support/raw-http.ts';
import { corpusFiles, corpusLines } from './support/corpus.ts';
import { fuzz, FUZZ_TIMEOUT_MS } from './support/fuzz.ts';

const BODY_LIMIT_BYTES = 65_536;
/** Cases side by side, as devices come. */
const AT_ONCE = 16;
/** After this a case that has had no answer is taken for one that waits for more bytes, and ends its side. */
const PATIENCE_MS = 150;
const END_LIMIT_MS = 10_000;

const BOB = basicOf('bob', PASSWORDS.bob);
const CORPUS = new Map(
  [...corpusFiles('http')].map(([name, raw]) => [
    name,
    Buffer.from(raw.toString('latin1').replace('@AUTH@', `Authorization: ${BOB}`), 'latin1'),
  ]),
);
/** As bob where the corpus signs in as ada: her places for devices are the witness's and the last check's. */
const [ADA64, BOB64] = (['ada', 'bob'] as const).map((name) =>
  basicOf(name, PASSWORDS[name]).slice(6).replace(/=+$/, ''),
);
const AUTHORIZATIONS = corpusLines('authorization.txt')
  .filter((it) => it.length < 200)
  .map((it) => it.replace(ADA64 as string, BOB64 as string));

/** How often each status came; 0 is a close without an answer. */
const seen = new Map<number, number>();

let server: FoldersServer;
let witness: DeviceClient;
let held: number;

const inbox = () => witness.folder(FolderType.inbox).serverId;
beforeAll(async () => {
  server = await FoldersServer.start({
    flags: {
      'limits-body-limit-bytes': String(BODY_LIMIT_BYTES),
      'limits-max-concurrent-requests': '200',
      'authentication-failures-per-address': '100000',
      'authentication-failures-per-user': '10000',
      'devices-max-per-user': '5',
    },
  });
  witness = server.device({ user: 'ada' });
  for (let i = 0; i < 5; i++) {
    const mime = Buffer.from(`From: ada@example.org\r\nTo: ada@example.org\r\nSubject: Witness ${i}\r\n\r\nHello.\r\n`);
    await witness.sendMail({ mime });
  }
  await witness.folderSync();
  for (let tries = 0; (held = await count()) < 5; tries++) {
    if (tries > 100) throw new Error('the witness has no mail');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
});
afterAll(() => server.stop());

async function count(): Promise<number> {
  await witness.syncAll({ collectionId: inbox() });
  return witness.items(inbox()).length;
}

type End = 'wait' | 'half-close' | 'abrupt';
interface Case {
  readonly bytes: Uint8Array;
  readonly chunks: readonly number[];
  readonly end: End;
}

/** What came back: statuses in order; empty if there was only a close. */
async function play(one: Case): Promise<readonly number[]> {
  const statuses = await send(one);
  for (const status of statuses.length > 0 ? statuses : [0]) seen.set(status, (seen.get(status) ?? 0) + 1);
  const text = Buffer.from(one.bytes).toString('latin1');
  const isOwn500 = HAS_500_OF_ITS_OWN.test(text) && SAYS_12_1.test(text);
  for (const status of statuses) {
    if (!isFit(status) && !(status === 500 && isOwn500)) throw new Error(`${status} to ${text.slice(0, 2_000)}`);
  }
  return statuses;
}

async function send({ bytes, chunks, end }: Case): Promise<readonly number[]> {
  const connection = await RawConnection.open(server.port);
  const statuses: number[] = [];
  try {
    for (const chunk of split(bytes, chunks)) {
      connection.write(chunk);
      if (chunks.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (end === 'abrupt') {
      connection.socket.resetAndDestroy();
      return [];
    }
    if (end === 'wait') {
      for (let more = true; more; ) {
        const response = await connection.response(PATIENCE_MS).catch(() => undefined);
        more = response !== undefined;
        if (response) statuses.push(response.status);
      }
    }
    if (!connection.isClosed) connection.socket.end();
    // Or it hangs.
    await connection.closed(END_LIMIT_MS);
    for (let response = await connection.response(); response; response = await connection.response()) {
      statuses.push(response.status);
    }
    return statuses;
  } finally {
    connection.destroy();
  }
}

const PATH = '/Microsoft-Server-ActiveSync';
const requestOf = (line: RequestLine, body: Uint8Array, headers: Readonly<Record<string, string>>): Buffer => {
  const built = buildRequestLine(line, 'plain');
  const fit = Object.entries({ ...built.headers, ...headers }).filter(([, value]) => /^[\x20-\x7e]*$/.test(value));
  return rawRequest('POST', `${PATH}?${built.query}`, Object.fromEntries(fit), body);
};

const lines = requestLines.map((line) => ({ ...line, user: 'bob', deviceId: `FUZZ${line.deviceId.length % 4}` }));
const bodies = fc.oneof(
  documents({ depth: 3 }).map(writeWbxml),
  fc.tuple(documents({ depth: 3 }).map(writeWbxml), damages).map(([it, list]) => damaged(it, list)),
  documents({ depth: 3 }).map((it) => gzipSync(writeWbxml(it))),
  fc.uint8Array({ maxLength: 200 }),
  fc.constant(Buffer.from('To: bob@example.org\r\nSubject: x\r\n\r\nx\r\n')),
  fc.constantFrom(BODY_LIMIT_BYTES, BODY_LIMIT_BYTES + 1, 3 * BODY_LIMIT_BYTES).map((size) => Buffer.alloc(size)),
);
const oddHeaders = fc.constantFrom<Readonly<Record<string, string>>>(
  {},
  {},
  {},
  { 'Content-Type': 'message/rfc822' },
  { 'Content-Type': 'application/vnd.ms-sync.wbxml' },
  { 'Content-Encoding': 'gzip', 'Accept-Encoding': 'gzip' },
  { Expect: '100-continue' },
  { Connection: 'close' },
  { 'Content-Length': '3' },
  { 'Content-Length': '70000' },
  { 'Content-Length': '999' },
  { 'Transfer-Encoding': 'chunked' },
  { 'X-Forwarded-For': '::::, 999.1.1.1', 'X-Forwarded-Proto': 'gopher' },
  { 'X-Long': 'x'.repeat(17_000) },
  { Authorization: '' },
);
const requests = fc
  .tuple(
    lines,
    bodies,
    oddHeaders,
    fc.oneof({ weight: 8, arbitrary: fc.constant(BOB) }, { weight: 1, arbitrary: fc.constantFrom(...AUTHORIZATIONS) }),
  )
  .map(([line, body, headers, authorization]) => requestOf(line, body, { Authorization: authorization, ...headers }));
const broken = fc.oneof(
  fc.constantFrom(...CORPUS.values()),
  fc
    .tuple(
      fc.constantFrom(...CORPUS.values()).map((it) => it.subarray(0, 4_000)),
      damages,
    )
    .map(([it, list]) => damaged(it, list)),
  fc
    .tuple(
      requests.map((it) => it.subarray(0, 2_000)),
      damages,
    )
    .map(([it, list]) => damaged(it, list)),
  fc.uint8Array({ maxLength: 300 }),
);
const cases: fc.Arbitrary<Case> = fc.record({
  bytes: fc.oneof({ weight: 3, arbitrary: requests }, { weight: 2, arbitrary: broken }),
  chunks: fc.oneof(fc.constant([]), fc.array(fc.nat(70_000), { maxLength: 5 })),
  end: fc.oneof(
    { weight: 6, arbitrary: fc.constant<End>('wait') },
    { weight: 1, arbitrary: fc.constant<End>('half-close') },
    { weight: 1, arbitrary: fc.constant<End>('abrupt') },
  ),
});

/** At 12.1 these have no other way to say that an item is not there (MS-ASCMD 2.2.2: its statuses are those of later versions). */
const HAS_500_OF_ITS_OWN = /Cmd=(?:Smart(?:Reply|Forward)|SendMail|GetAttachment)/;
const SAYS_12_1 = /MS-ASProtocolVersion: 12\.1/i;
/** 501: unknown or not in this version; 503: bob's mailbox is asked too much; 505: version 1.0. */
function isFit(status: number): boolean {
  return (status >= 200 && status < 500) || [501, 503, 505].includes(status);
}

const complaints = () => server.logLines.filter((it) => it.level === 'error');

describe('the door', () => {
  it.each([...CORPUS.keys()])('has an end for %s of the corpus', async (name) => {
    for (const end of ['wait', 'half-close', 'abrupt'] as const) {
      const statuses = await play({ bytes: CORPUS.get(name) as Buffer, chunks: [], end });
      if (name === 'good.http' && end === 'wait') expect(statuses).toEqual([200]);
      if (name === 'length-and-chunked.http') expect(statuses).not.toContain(200);
    }
    expect(complaints()).toEqual([]);
  });

  it('has an end for everything else, and serves others meanwhile', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const together = fc.array(cases, { minLength: AT_ONCE, maxLength: AT_ONCE });
    await fuzz(
      'http: the door by socket',
      together,
      async (all) => {
        server.logged.length = 0;
        const played = Promise.all(all.map(play));
        await witness.syncAll({ collectionId: inbox() });
        await played;
        expect(complaints()).toEqual([]);
      },
      { casesAtOnce: AT_ONCE, caseLimitMs: 20_000, endOnFailure: true },
    );
  });

  it('has an end for every target that a browser or a scanner asks for', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const pieces = fc.constantFrom(
      '/',
      '..',
      '%2e%2e',
      '//',
      '?',
      '&',
      '=',
      'autodiscover',
      'Autodiscover.xml',
      'autodiscover.json',
      'v1.0',
      'Protocol=',
      'ActiveSync',
      'Email=',
      'ada@example.org',
      '%',
      '%00',
      '%ff',
      'health',
      'ready',
      ';',
      '*',
      '@',
      '\u00e9',
      'Microsoft-Server-ActiveSync',
      'Cmd=Sync',
      'http://x',
    );
    const targets = fc
      .array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 12 })
      .map((it) => `/${it.join('').replace(/[\s]/g, '')}`);
    const methods = fc.constantFrom('GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'TRACE', 'M-SEARCH');
    const one = fc.tuple(methods, targets, fc.boolean()).map(
      ([method, target, signsIn]): Case => ({
        bytes: rawRequest(method, target, { Connection: 'close', ...(signsIn && { Authorization: BOB }) }),
        chunks: [],
        end: 'wait',
      }),
    );
    await fuzz(
      'http: autodiscover v2 and other targets',
      fc.array(one, { minLength: AT_ONCE, maxLength: AT_ONCE }),
      async (all) => {
        server.logged.length = 0;
        await Promise.all(all.map(play));
        expect(complaints()).toEqual([]);
      },
      { casesAtOnce: AT_ONCE, caseLimitMs: 20_000, endOnFailure: true },
    );
  });

  it('still serves a good request, has lost nothing, and nobody is left waiting', async () => {
    expect(await count()).toBe(held);
    const device = server.device({ user: 'ada' });
    await device.folderSync();
    const id = device.folder(FolderType.inbox).serverId;
    await device.syncAll({ collectionId: id });
    expect(device.items(id)).toHaveLength(held);
    for (let tries = 0; server.server.waitingCount > 0 && tries < 200; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.server.waitingCount).toBe(0);
    const tally = [...seen].sort(([a], [b]) => a - b).map(([status, times]) => `${times} × ${status}`);
    process.stdout.write(`fuzz: the door said ${tally.join(', ')}\n`);
    // Not all of it ended at the first check.
    for (const status of [200, 400, 401, 413, 431]) expect([...seen.keys()]).toContain(status);
  });
});
