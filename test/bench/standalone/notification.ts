/** From a delivery into the Maildir to the answered Ping, beside what a bare IMAP IDLE is told in the same run. */
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import { RawImap } from './raw-imap.ts';
import { percentile } from './statistics.ts';

const ROUNDS = 60;
const PAUSE_MS = 120;

const letter = (round: number) =>
  Buffer.from(`From: bench@elsewhere.example\r\nSubject: Round ${round}\r\nMessage-ID: <n${round}@b>\r\n\r\nNews.\r\n`);

export async function benchNotification(dovecot: Dovecot, url: string, how: string): Promise<readonly Figure[]> {
  const user = USERS[9] as string;
  const device = new DeviceClient({ url, user, password: PASSWORD, deviceId: 'NOTIFIED', version: '16.1' });
  await device.folderSync();
  const collectionId = device.folder(FolderType.inbox).serverId;
  await device.syncAll({ collectionId, windowSize: 512 });
  const bare = await RawImap.login(dovecot.imapPort, user, PASSWORD);
  await bare.command('SELECT INBOX');
  await bare.idle();
  const ours: number[] = [];
  const pushed: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const answer = device.ping({ heartbeatSeconds: 60, folders: [{ id: collectionId, itemClass: 'Email' }] });
    await new Promise((done) => setTimeout(done, PAUSE_MS));
    const push = bare.nextPush();
    const from = performance.now();
    await dovecot.deliver(user, letter(round));
    await Promise.all([
      answer.then(({ status }) => {
        if (status !== 2) throw new Error(`the Ping ended with status ${status}`);
        ours.push(performance.now() - from);
      }),
      push.then(() => pushed.push(performance.now() - from)),
    ]);
    await device.syncAll({ collectionId, windowSize: 512 });
  }
  bare.close();
  device.close();
  return [
    { share: 0.5, limitMs: 50, name: 'p50' },
    { share: 0.99, limitMs: 250, name: 'p99' },
  ].map(({ share, limitMs, name }) => ({
    name: `delivery into the Maildir → Ping answered, ${name}, ${how}`,
    value: percentile(ours, share),
    unit: 'ms',
    target: { value: limitMs, is: 'at most' },
    baseline: { name: 'bare IMAP IDLE', value: percentile(pushed, share) },
    note: `${ROUNDS} deliveries`,
  }));
}
