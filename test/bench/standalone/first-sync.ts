/** First Sync of 500 messages in windows of 100 with HTML bodies of 5 KB, beside a bare IMAP fetch of the same parts. */
import { gunzipSync } from 'node:zlib';
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import type { Figure } from '../figure.ts';
import { bodyPathOf, MESSAGES, PASSWORD, type Shape, shapeOf, USERS } from './mailboxes.ts';
import { RawHttp, requestBytes } from './raw-http.ts';
import { RawImap } from './raw-imap.ts';
import type { ServerProcess } from './server-process.ts';
import { median } from './statistics.ts';
import { scanAnswer, syncBody } from './sync-request.ts';

const WINDOW = 100;
const BODY_BYTES = 5_120;
/** Of both sides: they fill Dovecot's caches, and the server is what it is after a hundred first Syncs, not after its start. */
const WARM_UPS = 5;
const PASSES = 8;
/** No answer with every message is smaller. */
const LEAST_BYTES = MESSAGES * 2_000;

export async function benchFirstSync(dovecot: Dovecot, server: ServerProcess): Promise<readonly Figure[]> {
  const plain: number[] = [];
  const compressed: number[] = [];
  const bare: number[] = [];
  for (let pass = 0; pass < WARM_UPS + PASSES; pass++) {
    for (const user of USERS) {
      const bareMs = await bareFetch(dovecot.imapPort, user);
      const plainMs = await firstSync(server, user, `PLAIN${pass}`, false);
      const compressedMs = await firstSync(server, user, `GZIP${pass}`, true);
      if (pass < WARM_UPS) continue;
      bare.push(bareMs);
      plain.push(plainMs);
      compressed.push(compressedMs);
    }
  }
  return [
    { how: '', values: plain },
    { how: ', gzip', values: compressed },
  ].map(({ how, values }) => ({
    name: `first Sync of ${MESSAGES} messages, window ${WINDOW}, HTML bodies of 5 KB${how}`,
    value: median(values) / 1000,
    unit: 's',
    target: { value: 0.5, is: 'at most' },
    baseline: {
      name: 'bare IMAP fetch of the same parts',
      value: median(bare) / 1000,
      target: { value: 2, is: 'at most' },
    },
    note: `median of ${values.length}, after ${WARM_UPS * USERS.length} of each that do not count`,
  }));
}

/** Milliseconds from the request with key 0 to the last byte of the last window. */
async function firstSync(server: ServerProcess, user: string, deviceId: string, acceptsGzip: boolean): Promise<number> {
  const device = new DeviceClient({ url: server.url, user, password: PASSWORD, deviceId, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  device.close();
  const connection = await RawHttp.connect(server.port);
  let syncKey = '0';
  let moreAvailable = true;
  let sizeBytes = 0;
  const from = performance.now();
  while (moreAvailable) {
    const isFirst = syncKey === '0';
    const body = syncBody({
      collectionId,
      syncKey,
      ...(!isFirst && { windowSize: WINDOW, truncationSizeBytes: BODY_BYTES }),
    });
    const request = requestBytes({ command: 'Sync', user, password: PASSWORD, deviceId, body, acceptsGzip });
    const answer = await connection.send(request);
    if (answer.status !== 200 || answer.body.length === 0) throw new Error(`${user} got status ${answer.status}`);
    const decoded = answer.isGzip ? gunzipSync(answer.body) : answer.body;
    sizeBytes += decoded.length;
    const scanned = scanAnswer(decoded);
    syncKey = scanned.syncKey;
    moreAvailable = isFirst || scanned.moreAvailable;
  }
  const elapsedMs = performance.now() - from;
  connection.close();
  if (sizeBytes < LEAST_BYTES) throw new Error(`${user} got ${sizeBytes} bytes for ${MESSAGES} messages`);
  return elapsedMs;
}

/**
 * What any client must ask for: the list, then for each window headers and structures, then the body parts. On a new connection whose
 * login and SELECT are not counted; between the Syncs, so that what the machine has to do beside is alike for all.
 */
async function bareFetch(port: number, user: string): Promise<number> {
  const imap = await RawImap.login(port, user, PASSWORD);
  await imap.command('SELECT INBOX');
  const from = performance.now();
  await imap.command('UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)');
  for (let last = MESSAGES; last > 0; last -= WINDOW) {
    const first = last - WINDOW + 1;
    await imap.command(
      `UID FETCH ${first}:${last} (UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER])`,
    );
    for (const shape of ['plain', 'alternative', 'pdf'] satisfies Shape[]) {
      const uids = range(first, last).filter((uid) => shapeOf(uid - 1) === shape);
      await imap.command(`UID FETCH ${uids.join(',')} (UID BODY.PEEK[${bodyPathOf(shape)}]<0.${BODY_BYTES}>)`);
    }
  }
  const elapsedMs = performance.now() - from;
  imap.close();
  return elapsedMs;
}

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, at) => first + at);
