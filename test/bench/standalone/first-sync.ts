/** First Sync of 500 messages in windows of 100 with HTML bodies of 5 KB, beside a bare IMAP fetch of the same parts. */
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import type { Figure } from '../figure.ts';
import { bodyPathOf, MESSAGES, PASSWORD, type Shape, shapeOf, USERS } from './mailboxes.ts';
import { RawImap } from './raw-imap.ts';
import { median } from './statistics.ts';

const WINDOW = 100;
const BODY_BYTES = 5_120;

export async function benchFirstSync(dovecot: Dovecot, url: string): Promise<Figure> {
  const ours: number[] = [];
  const bare: number[] = [];
  // The first pass fills Dovecot's caches for both; the others count, one after the other.
  for (const [pass, users] of [USERS, USERS, USERS].entries()) {
    for (const user of users) {
      const bareMs = await bareFetch(dovecot.imapPort, user);
      const oursMs = await firstSync(url, user, `FIRST${pass}`);
      if (pass === 0) continue;
      bare.push(bareMs);
      ours.push(oursMs);
    }
  }
  return {
    name: `first Sync of ${MESSAGES} messages, window ${WINDOW}, HTML bodies of 5 KB`,
    value: median(ours) / 1000,
    unit: 's',
    target: { value: 0.5, is: 'at most' },
    baseline: { name: 'bare IMAP fetch of the same parts', value: median(bare) / 1000 },
    note: `median of ${ours.length}; the ratio is to be at most 2`,
  };
}

async function firstSync(url: string, user: string, deviceId: string): Promise<number> {
  const device = new DeviceClient({ url, user, password: PASSWORD, deviceId, version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  const bodyPreferences = [{ type: 2, truncationSizeBytes: BODY_BYTES }] as const;
  const from = performance.now();
  const { added } = await device.syncAll({ collectionId, windowSize: WINDOW, bodyPreferences });
  const elapsedMs = performance.now() - from;
  device.close();
  if (added !== MESSAGES) throw new Error(`${user} got ${added} messages, not ${MESSAGES}`);
  return elapsedMs;
}

/** What any client must ask for: the list, then for each window headers and structures, then the body parts. */
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
