/** A device and a mailbox come to the same. */
import type { DeviceClient } from '../../../lib/activesync/client/index.ts';
import type { Dovecot } from '../../support/dovecot.ts';
import { answered } from './again.ts';
import { differences } from './differences.ts';
import { type MailboxContents, readMailbox } from './mailbox.ts';

const SETTLE_LIMIT_MS = 60_000;
const SETTLE_PAUSE_MS = 150;

/** How the devices of these tests look at mail. */
export const LOOK = { filterType: 0, bodyPreferences: [{ type: 1, truncationSizeBytes: 200 }] } as const;

/** MS-ASCMD 2.2.3.186.3: folders of mail, the outbox apart. */
const MAIL_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 12]);

/** Syncs everything until the devices have what the mailbox has; throws with the differences if that does not come. */
export async function settle(
  dovecot: Dovecot,
  user: string,
  phones: readonly DeviceClient[],
): Promise<MailboxContents> {
  const until = performance.now() + SETTLE_LIMIT_MS;
  for (;;) {
    for (const phone of phones) await answered(() => syncEverything(phone));
    const contents = await readMailbox(dovecot, user);
    const found = phones.flatMap((phone) => differences(phone.state, contents));
    if (found.length === 0) return contents;
    if (performance.now() > until) throw new Error(`${user}'s devices and mailbox differ:\n${found.join('\n')}`);
    await new Promise((done) => setTimeout(done, SETTLE_PAUSE_MS));
  }
}

export async function syncEverything(phone: DeviceClient, windowSize = 100): Promise<void> {
  await phone.folderSync();
  for (const { serverId, type } of Object.values(phone.state.folders)) {
    if (!MAIL_TYPES.has(type)) continue;
    await phone.syncAll({ collectionId: serverId, windowSize, ...LOOK });
  }
}
