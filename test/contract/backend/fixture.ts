/** What the contract's tests stand on: a system with two users, a folder for each test, messages, patience. */
import { expect } from 'vitest';
import type { Credentials, Folder, Mailbox, MailSystem, MessageFlags } from '../../../lib/backends/index.ts';

export type UserKey = 'ada' | 'bob';

export interface BackendUnderTest {
  readonly system: MailSystem;
  /** Names without a domain, as `ada`. Ada's mailbox should have some special folders: at least drafts, sent and trash. */
  readonly credentials: Readonly<Record<UserKey, Credentials>>;
  /** Another program puts a message there; `folder` is the path of a folder that exists, default the inbox. */
  deliver(user: UserKey, rawMessage: Uint8Array, folder?: string): Promise<void>;
  /** Another program changes flags, of the message with this Message-ID in the inbox. Default: a second session does. */
  changeFlagsOutOfBand?(
    user: UserKey,
    messageId: string,
    change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
  ): Promise<void>;
  stop(): Promise<void>;
}

/** How long an event or a delivery may take before a test gives up. */
const PATIENCE_MS = 15_000;
const POLL_MS = 20;

export class BackendFixture {
  #under: BackendUnderTest | undefined;
  #serial = 0;
  readonly #mailboxes: Mailbox[] = [];

  start(under: BackendUnderTest): void {
    this.#under = under;
  }

  async stop(): Promise<void> {
    await this.closeMailboxes();
    await this.#under?.system.close();
    await this.#under?.stop();
  }

  async closeMailboxes(): Promise<void> {
    await Promise.all(this.#mailboxes.splice(0).map((mailbox) => mailbox.close()));
  }

  get under(): BackendUnderTest {
    if (!this.#under) throw new Error('the fixture has not been started');
    return this.#under;
  }

  get system(): MailSystem {
    return this.under.system;
  }

  /** A session of the user's; closed at the end of the test. */
  async open(user: UserKey = 'ada'): Promise<Mailbox> {
    const credentials = this.under.credentials[user];
    const account = await this.system.authenticate(credentials);
    if (!account) throw new Error(`${user} cannot log in`);
    const mailbox = await this.system.open(account, credentials);
    this.#mailboxes.push(mailbox);
    return mailbox;
  }

  /** A name that no other test uses. */
  name(stem: string): string {
    this.#serial++;
    return `${stem} ${this.#serial}`;
  }

  /** Ada's mailbox and an empty folder in it. */
  async folder(): Promise<{ mailbox: Mailbox; folder: Folder }> {
    const mailbox = await this.open();
    return { mailbox, folder: await mailbox.createFolder(this.name('Test'), undefined) };
  }

  async inbox(mailbox: Mailbox): Promise<Folder> {
    const inbox = (await mailbox.folders()).find((folder) => folder.kind === 'inbox');
    if (!inbox) throw new Error('there is no inbox');
    return inbox;
  }

  /** A message that no other test uses. */
  message(options: MessageOptions = {}): TestMessage {
    this.#serial++;
    return composeMessage({ messageId: `<test-${this.#serial}-${process.pid}@example.org>`, ...options });
  }

  /** Appends messages and tells their UIDs, in order. */
  async fill(mailbox: Mailbox, folder: Folder, count: number): Promise<number[]> {
    const uids: number[] = [];
    for (let i = 0; i < count; i++) {
      const { raw } = this.message({ subject: `Number ${i + 1}` });
      uids.push((await mailbox.append(folder.id, raw, { flags: [] })).uid);
    }
    return uids;
  }
}

export interface MessageOptions {
  readonly messageId?: string;
  readonly subject?: string;
  readonly from?: string;
  readonly to?: string;
  readonly body?: string;
}

export interface TestMessage {
  readonly raw: Uint8Array;
  readonly messageId: string;
}

/** A plain message; header values must be encoded already. */
export function composeMessage(options: MessageOptions): TestMessage {
  const messageId = options.messageId ?? '<message@example.org>';
  const lines = [
    `From: ${options.from ?? 'Bob <bob@example.org>'}`,
    `To: ${options.to ?? 'Ada <ada@example.org>'}`,
    `Subject: ${options.subject ?? 'A message'}`,
    'Date: Thu, 19 Nov 2026 10:00:00 +0000',
    `Message-ID: ${messageId}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    options.body ?? 'Hello.',
    '',
  ];
  return { raw: Buffer.from(lines.join('\r\n')), messageId };
}

/** Waits until `probe` gives something, and tells it; fails with `what` when patience ends. */
export async function eventually<T>(what: string, probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const result = await probe();
    if (result !== undefined) return result;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Expects a BackendError with this code. */
export async function expectBackendError(promise: Promise<unknown>, code: string): Promise<void> {
  await expect(promise).rejects.toMatchObject({ name: 'BackendError', code });
}

export function sorted(values: Iterable<number>): number[] {
  return [...values].sort((a, b) => a - b);
}
