/**
 * The one watch on a user's mailbox: a connection that idles on the inbox and, between idles, looks at the other watched
 * folders by STATUS and at the folder tree by LIST.
 */
import { reasonOf, type Timer } from '../../platform/index.ts';
import type { Account, Credentials, FolderEvent } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ImapEnvironment } from './configuration.ts';
import { backendErrorOf, ImapCommandError } from './errors.ts';
import { readTree } from './folder-tree.ts';
import { MaildirWatch } from './maildir-watch.ts';
import { select } from './select.ts';
import { decodeMailboxName, mailboxName } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';
import { listOf, textOf, type Value } from './wire/values.ts';

const INBOX = 'INBOX';
const INBOX_NEWS = new Set(['EXISTS', 'EXPUNGE', 'VANISHED', 'FETCH']);
const MAX_RECONNECT_MS = 60_000;
/** A password that is wrong stays wrong, and every attempt counts against the user at the mail server. */
const REJECTED_RECONNECT_MS = 3_600_000;
/** How often is looked for another one meanwhile. */
const LOOK_FOR_PASSWORD_MS = 5_000;
const POLL_GROWTH = 1.5;

export class Monitor {
  readonly #environment: ImapEnvironment;
  readonly #account: Account;
  readonly #credentials: Credentials;
  readonly #login: () => Promise<ImapSession>;
  readonly #listener: (event: FolderEvent) => void;
  /** What STATUS last told of a folder; kept when it is no longer watched, so that nothing is lost until it is again. */
  readonly #tokens = new Map<string, string>();
  #watched: readonly string[] = [];
  #isInboxWatched = false;
  #wasInboxMissed = false;
  #hierarchy: string | undefined;
  #hierarchyAtMs = 0;
  #pollMs: number;
  #nextPollAtMs = 0;
  #session: ImapSession | undefined;
  #maildir: MaildirWatch | undefined;
  #isClosed = false;
  #running: Promise<void> | undefined;
  /** Ends the present pause: an IDLE, or the wait of a server without it. */
  #wake: (() => void) | undefined;
  #wasWoken = false;

  constructor(
    environment: ImapEnvironment,
    account: Account,
    credentials: Credentials,
    login: () => Promise<ImapSession>,
    listener: (event: FolderEvent) => void,
  ) {
    this.#environment = environment;
    this.#account = account;
    this.#credentials = credentials;
    this.#login = login;
    this.#listener = listener;
    this.#pollMs = environment.timeouts.pollMinSeconds * 1_000;
  }

  /** Resolves when whatever happens from now on will be told. */
  async start(): Promise<void> {
    const { configuration } = this.#environment;
    try {
      await this.#connect();
    } catch (error) {
      throw backendErrorOf(error, 'the mailbox cannot be watched');
    }
    if (configuration.maildirWatch !== undefined) {
      this.#maildir = new MaildirWatch(configuration.maildirWatch, this.#account, this.#environment, () =>
        this.#inboxChanged(),
      );
    }
    this.#running = this.#run();
  }

  update(folderIds: readonly string[]): void {
    const isInboxNew = !this.#isInboxWatched && folderIds.includes(INBOX);
    this.#isInboxWatched = folderIds.includes(INBOX);
    this.#watched = [...new Set(folderIds)].filter((id) => id !== INBOX);
    if (isInboxNew && this.#wasInboxMissed) this.#inboxChanged();
    this.#hurry();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#maildir?.close();
    this.#session?.close();
    this.#interrupt();
    await this.#running;
  }

  #emit(event: FolderEvent): void {
    if (!this.#isClosed) this.#listener(event);
  }

  #inboxChanged(): void {
    this.#wasInboxMissed = !this.#isInboxWatched;
    if (this.#isInboxWatched) this.#emit({ kind: 'changed', folderId: INBOX });
  }

  async #connect(): Promise<void> {
    const session = await this.#login();
    try {
      const before = await select(session, INBOX);
      session.onNews = ({ name }) => {
        if (INBOX_NEWS.has(name)) this.#inboxChanged();
      };
      this.#tokens.set(INBOX, `${before.validity} ${before.uidNext} ${before.modseq}`);
      session.onClosed = () => {
        this.#emit({ kind: 'interrupted' });
        this.#interrupt();
      };
      this.#session = session;
      await this.#lookAtTree(session);
      // Closed meanwhile: nobody else will.
      if (this.#isClosed) session.close();
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #run(): Promise<void> {
    let attempt = 0;
    let isLost = false;
    while (!this.#isClosed) {
      try {
        if (!this.#session?.isOpen) {
          isLost = true;
          await this.#pause(this.#reconnectDelayMs(attempt++));
          if (this.#isClosed) return;
          await this.#connect();
        }
        if (isLost) this.#emit({ kind: 'resumed' });
        isLost = false;
        await this.#round(this.#session as ImapSession);
        attempt = 0;
      } catch (error) {
        this.#session?.end('a round failed');
        if (this.#isClosed) return;
        const isRejected = error instanceof BackendError && error.code === 'rejected-credentials';
        const fields = { user: this.#account.user, attempt, reason: reasonOf(error) };
        this.#environment.log.warn(fields, 'the watch on a mailbox is interrupted');
        isLost = true;
        if (isRejected) await this.#untilOtherPassword();
      }
    }
  }

  /** One look at everything that is due, then idle until something is due again. */
  async #round(session: ImapSession): Promise<void> {
    const { clock, timeouts } = this.#environment;
    const hasIdle = session.has('IDLE');
    if (clock.monotonic() >= this.#nextPollAtMs) await this.#poll(session, hasIdle);
    if (clock.monotonic() >= this.#hierarchyAtMs) await this.#lookAtTree(session);
    const isPolling = this.#watched.length > 0 || !hasIdle;
    const dueAtMs = Math.min(
      this.#hierarchyAtMs,
      clock.monotonic() + timeouts.idleRenewSeconds * 1_000,
      isPolling ? this.#nextPollAtMs : Number.POSITIVE_INFINITY,
    );
    const restMs = Math.max(0, dueAtMs - clock.monotonic());
    if (hasIdle) await this.#idle(session, restMs);
    else await this.#pause(restMs);
  }

  async #idle(session: ImapSession, limitMs: number): Promise<void> {
    let hasBegun = false;
    let isDue = false;
    const finish = () => {
      isDue = true;
      if (hasBegun) session.done();
      hasBegun = false;
    };
    const timer = this.#environment.clock.after(limitMs, finish);
    this.#wake = finish;
    if (this.#wasWoken) finish();
    this.#wasWoken = false;
    try {
      await session.command('IDLE', {
        mayBeSilent: true,
        onContinue: () => {
          hasBegun = true;
          if (isDue) finish();
        },
      });
    } finally {
      timer.cancel();
      this.#wake = undefined;
    }
  }

  async #poll(session: ImapSession, hasIdle: boolean): Promise<void> {
    const { clock, timeouts, random } = this.#environment;
    const folderIds = hasIdle ? this.#watched : [INBOX, ...this.#watched];
    // STATUS of the selected folder may show the past (RFC 3501 section 6.3.10): NOOP brings the present.
    if (!hasIdle) await session.command('NOOP');
    const results = await Promise.all(folderIds.map((folderId) => this.#status(session, folderId)));
    const isChanged = results.includes(true);
    this.#pollMs = isChanged
      ? timeouts.pollMinSeconds * 1_000
      : Math.min(this.#pollMs * POLL_GROWTH, timeouts.pollMaxSeconds * 1_000);
    // Jitter keeps thousands of monitors from asking all at once.
    this.#nextPollAtMs = clock.monotonic() + this.#pollMs * (0.9 + 0.2 * random.number());
  }

  /** Tells whether the folder is not as it was, or has never been looked at: it may have changed since `update`. */
  async #status(session: ImapSession, folderId: string): Promise<boolean> {
    const items = session.enabled.has('CONDSTORE') ? ' HIGHESTMODSEQ' : '';
    let token = '';
    try {
      await session.command(['STATUS ', mailboxName(folderId), ` (MESSAGES UIDNEXT UIDVALIDITY UNSEEN${items})`], {
        onUntagged: (response) => {
          const [name, items] = response.name === 'STATUS' ? response.values() : [];
          if (!isNamed(name, folderId)) return false;
          token = listOf(items).map(textOf).join(' ');
          return true;
        },
      });
    } catch (error) {
      if (!(error instanceof ImapCommandError)) throw error;
      token = 'gone';
    }
    if (this.#tokens.get(folderId) === token) return false;
    const isGone = token === 'gone' && !this.#tokens.has(folderId);
    this.#tokens.set(folderId, token);
    if (isGone) return false;
    if (folderId === INBOX) this.#inboxChanged();
    else if (this.#watched.includes(folderId)) this.#emit({ kind: 'changed', folderId });
    return true;
  }

  async #lookAtTree(session: ImapSession): Promise<void> {
    const { folders } = await readTree(session, this.#environment.configuration);
    const hierarchy = folders
      .map(({ id, kind, selectable }) => `${id}\n${kind}\n${selectable}`)
      .sort()
      .join('\n\n');
    if (this.#hierarchy !== undefined && this.#hierarchy !== hierarchy) this.#emit({ kind: 'hierarchy' });
    this.#hierarchy = hierarchy;
    this.#hierarchyAtMs = this.#environment.clock.monotonic() + this.#environment.timeouts.hierarchySeconds * 1_000;
  }

  /** The next look is due now. */
  #hurry(): void {
    this.#nextPollAtMs = 0;
    this.#pollMs = this.#environment.timeouts.pollMinSeconds * 1_000;
    this.#interrupt();
  }

  #interrupt(): void {
    if (this.#wake) this.#wake();
    else this.#wasWoken = true;
  }

  async #untilOtherPassword(): Promise<void> {
    const { password } = this.#credentials;
    for (let pausedMs = 0; pausedMs < REJECTED_RECONNECT_MS && !this.#isClosed; pausedMs += LOOK_FOR_PASSWORD_MS) {
      await this.#pause(LOOK_FOR_PASSWORD_MS);
      if (this.#credentials.password !== password) return;
    }
  }

  #reconnectDelayMs(attempt: number): number {
    const { timeouts, random } = this.#environment;
    const fullMs = Math.min(timeouts.reconnectSeconds * 1_000 * 2 ** attempt, MAX_RECONNECT_MS);
    return fullMs * (0.5 + 0.5 * random.number());
  }

  /** Waits, or until `#interrupt`. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#wasWoken) {
      this.#wasWoken = false;
      if (!this.#isClosed && this.#session?.isOpen) return;
    }
    if (this.#isClosed) return;
    let timer: Timer | undefined;
    await new Promise<void>((resolve) => {
      timer = this.#environment.clock.after(delayMs, resolve);
      this.#wake = resolve;
    });
    timer?.cancel();
    this.#wake = undefined;
  }
}

/** STATUS answers of several folders come in any order. */
function isNamed(name: Value | undefined, folderId: string): boolean {
  return name !== undefined && decodeMailboxName(textOf(name)) === folderId;
}
