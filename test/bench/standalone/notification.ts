/** From a delivery into the Maildir to the answered Ping, beside what a bare watcher is told in the same run. */
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import { RawImap } from './raw-imap.ts';
import { percentile } from './statistics.ts';

const ROUNDS = 100;
/** For the Ping to be held. Between two and three times this, so that no rhythm of the mail system's is met again and again. */
const PAUSE_MS = 100;

const letter = (round: number) =>
  Buffer.from(`From: bench@elsewhere.example\r\nSubject: Round ${round}\r\nMessage-ID: <n${round}@b>\r\n\r\nNews.\r\n`);

/** Where mail is put, and who else looks. */
export interface Delivery {
  readonly how: string;
  readonly user: string;
  readonly password: string;
  deliver(message: Uint8Array): Promise<void>;
  /** Begins to look for the next delivery; resolves when it is seen. */
  nextSeen(): Promise<void>;
  readonly watcher: string;
}

export async function benchNotification(dovecot: Dovecot, url: string, how: string): Promise<readonly Figure[]> {
  const user = USERS[9] as string;
  const bare = await RawImap.login(dovecot.imapPort, user, PASSWORD);
  await bare.command('SELECT INBOX');
  await bare.idle();
  try {
    return await measureNotification(url, {
      how,
      user,
      password: PASSWORD,
      deliver: (message) => dovecot.deliver(user, message),
      nextSeen: () => bare.nextPush(),
      watcher: 'bare IMAP IDLE',
    });
  } finally {
    bare.close();
  }
}

export async function measureNotification(url: string, delivery: Delivery): Promise<readonly Figure[]> {
  const { user, password, how, watcher } = delivery;
  const device = new DeviceClient({ url, user, password, deviceId: 'NOTIFIED', version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  await device.syncAll({ collectionId, windowSize: 512 });
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const answer = device.ping({ heartbeatSeconds: 60, folders: [{ id: collectionId, itemClass: 'Email' }] });
    await new Promise((done) => setTimeout(done, PAUSE_MS * (2 + ((round * 37) % 100) / 100)));
    const seen = delivery.nextSeen();
    const from = performance.now();
    await delivery.deliver(letter(round));
    await Promise.all([
      answer.then(({ status }) => {
        if (status !== 2) throw new Error(`the Ping ended with status ${status}`);
        ours.push(performance.now() - from);
      }),
      seen.then(() => bare.push(performance.now() - from)),
    ]);
    await device.syncAll({ collectionId, windowSize: 512 });
  }
  device.close();
  return [
    { share: 0.5, limitMs: 50, name: 'p50' },
    { share: 0.99, limitMs: 250, name: 'p99' },
  ].map(({ share, limitMs, name }) => ({
    name: `delivery into the Maildir → Ping answered, ${name}: ${how}`,
    value: percentile(ours, share),
    unit: 'ms',
    target: { value: limitMs, is: 'at most' },
    baseline: { name: watcher, value: percentile(bare, share) },
    note: `${ROUNDS} deliveries`,
  }));
}
