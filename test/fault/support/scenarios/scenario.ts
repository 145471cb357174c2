/** What a scenario is, and what several of them need: a device that has everything, an item by its subject, one command. */
import { expect } from 'vitest';
import {
  composeMail,
  type DeviceClient,
  type DeviceItem,
  FolderType,
  itemText,
  type SyncCommand,
} from '../../../../lib/activesync/client/index.ts';
import { type ProtocolVersion } from '../../../../lib/activesync/index.ts';
import { TEST_DOMAIN } from '../../../support/imap-backend.ts';
import { foldersWith, type MailboxContents } from '../mailbox.ts';
import { LOOK, type Stage } from '../stage.ts';

export interface Part {
  readonly stage: Stage;
  readonly user: string;
  readonly phone: DeviceClient;
}

export interface Play {
  /** Every request in here is broken. */
  readonly act: () => Promise<void>;
  /** Afterwards, when device and mailbox were found to be alike. */
  readonly check: (contents: MailboxContents) => void | Promise<void>;
}

export interface Scenario {
  readonly title: string;
  /** What `act` sends. */
  readonly command: string;
  readonly version: ProtocolVersion;
  /**
   * True where a server that dies between the effect and its record may send again under the same Message-ID: it cannot know
   * that the submission server took the message (sync-state.md, rule 10).
   */
  readonly sends?: boolean;
  readonly prepare: (part: Part) => Promise<Play>;
}

export const inboxOf = (phone: DeviceClient) => phone.folder(FolderType.inbox).serverId;
export const draftsOf = (phone: DeviceClient) => phone.folder(FolderType.drafts).serverId;

/** A device that has everything, with a folder `Work`. */
export async function synced({ stage, phone }: Part): Promise<void> {
  await phone.folderSync();
  await phone.folderCreate({ parentId: '0', displayName: 'Work', type: FolderType.userMail });
  await stage.syncEverything(phone);
}

export function folderNamed(phone: DeviceClient, name: string): string {
  const found = Object.values(phone.state.folders).find((it) => it.displayName === name);
  if (!found) throw new Error(`the device has no folder ${name}`);
  return found.serverId;
}

export function itemNamed(phone: DeviceClient, collectionId: string, subject: string): DeviceItem {
  const found = phone.items(collectionId).filter((it) => itemText(it, 'Email:Subject') === subject);
  if (found.length !== 1) throw new Error(`the device has ${found.length} items ${subject} in ${collectionId}`);
  return found[0] as DeviceItem;
}

/** Messages delivered to the inbox before the device looks. */
export async function withMail(part: Part, count: number): Promise<string[]> {
  const subjects: string[] = [];
  for (let n = 0; n < count; n++) subjects.push(await part.stage.put(part.user));
  await synced(part);
  await part.stage.settle(part.user, part.phone);
  return subjects;
}

/** One Sync with one command, whose status must be success. */
export async function command(phone: DeviceClient, collectionId: string, it: SyncCommand, deletesAsMoves?: boolean) {
  const answer = await phone.sync({
    collectionId,
    commands: [it],
    ...LOOK,
    ...(deletesAsMoves !== undefined && { deletesAsMoves }),
  });
  expect(answer?.status).toBe(1);
  expect(answer?.results.map((result) => result.status).filter((status) => status !== 1)).toEqual([]);
  return answer;
}

export const letterFrom = (user: string, subject: string) =>
  composeMail({ from: `${user}@${TEST_DOMAIN}`, to: 'dan@elsewhere.example', subject, text: `About ${subject}.` });

export const SENT_ONCE = (stage: Stage, subject: string, contents: MailboxContents) => {
  expect(stage.taken(subject), `${subject} at the submission server`).toHaveLength(1);
  expect(foldersWith(contents, subject), `copies of ${subject}`).toEqual(['Sent']);
};

/** Dovecot tells of a delivery only a moment later: until its inbox has so many messages, and the server has seen them. */
export async function arrived({ stage, user }: Part, count: number): Promise<void> {
  const until = performance.now() + 60_000;
  while (((await stage.contents(user)).get('INBOX')?.length ?? 0) < count) {
    if (performance.now() > until) throw new Error('the delivery does not show');
    await new Promise((done) => setTimeout(done, 50));
  }
  await stage.settle(user, stage.phone({ user }));
}
