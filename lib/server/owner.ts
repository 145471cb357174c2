/**
 * The users that this server serves: a mailbox, a monitor and the devices' states each, made at a user's first request
 * under its lease, and let go when nobody asked for a while or the lease is another's.
 */
import type { Account, Credentials, Mailbox, MailSystem } from '../backends/index.ts';
import { type Clock, type Log, type Random, reasonOf, type Timer } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import type { Store } from '../store/index.ts';
import { type Completion, createUserSync, type ResyncScope, type SyncSettings, type UserSync } from '../sync/index.ts';
import { closedMailbox } from './closed-mailbox.ts';
import { ConfirmedPasswords } from './confirmed-passwords.ts';

/** How often idle users are looked for. */
const SWEEP_MS = 60_000;
/** A mailbox that was opened for a user who did not come is closed again after so long. */
const PREPARED_MS = 30_000;

export interface OwnerParts {
  readonly mail: MailSystem;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly settings: SyncSettings;
  /** A user without a request and without a waiting device is let go after so many seconds; default 1,800. */
  readonly idleSeconds: number;
  readonly onMonitorLag?: (lagMs: number) => void;
  readonly onPoison?: (cause: 'not-rendered' | 'device-fails') => void;
  readonly onResync?: (scope: ResyncScope) => void;
}

interface Served {
  readonly account: Account;
  readonly passwords: ConfirmedPasswords;
  readonly lease: Lease;
  readonly sync: Promise<UserSync>;
  /** Once it is open. */
  opened?: UserSync;
  lastUsed: number;
}

/** Opened before the lease came. */
interface Prepared {
  readonly passwords: ConfirmedPasswords;
  readonly mailbox: Promise<Mailbox>;
  readonly timer: Timer;
  /** By which the mailbox may be changed: none until it comes. */
  lease?: Lease;
}

export class Owner {
  readonly #parts: OwnerParts;
  readonly #users = new Map<string, Served>();
  readonly #closing = new Map<string, Promise<void>>();
  readonly #prepared = new Map<string, Prepared>();
  #onCompletion: (ticket: string, completion: Completion) => void = () => {};
  #sweep: Timer;

  constructor(parts: OwnerParts) {
    this.#parts = parts;
    this.#sweep = parts.clock.after(SWEEP_MS, () => this.#letIdleGo());
  }

  get userCount(): number {
    return this.#users.size;
  }

  /** Devices of the users that are served. */
  get deviceCount(): number {
    let count = 0;
    for (const { opened } of this.#users.values()) count += opened?.deviceCount ?? 0;
    return count;
  }

  /** Which of the user's devices wait; undefined for a user who is not served. */
  waitingDevices(user: string): ReadonlySet<string> | undefined {
    return this.#users.get(user)?.opened?.waiting.devices();
  }

  isServed(user: string): boolean {
    return this.#users.has(user);
  }

  /** Told of every completed ticket of every user. */
  onCompletion(listener: (ticket: string, completion: Completion) => void): void {
    this.#onCompletion = listener;
  }

  /**
   * The user's side of the road, opened if need be. `credentials` were confirmed by the mail system lately. Throws BackendError
   * and StoreError.
   */
  async serve(account: Account, credentials: Credentials, lease: Lease): Promise<UserSync> {
    for (;;) {
      const served = this.#users.get(account.user);
      if (served === undefined) {
        const closing = this.#closing.get(account.user);
        if (closing === undefined) return this.#open(account, credentials, lease);
        await closing;
        continue;
      }
      if (isSameLease(served.lease, lease)) {
        served.passwords.add(credentials);
        served.lastUsed = this.#parts.clock.monotonic();
        return served.sync;
      }
      await this.letGo(account.user);
    }
  }

  /** The user is to come here: the first request finds the mailbox open. Throws BackendError. */
  async prepare(account: Account, credentials: Credentials): Promise<void> {
    const { mail, clock } = this.#parts;
    const { user } = account;
    if (this.#users.has(user)) return;
    if (!this.#prepared.has(user)) {
      const timer = clock.after(PREPARED_MS, () => this.#dismiss(user));
      const right = { isHeld: (): boolean => prepared.lease?.isHeld() ?? false };
      const passwords = new ConfirmedPasswords(credentials);
      const prepared: Prepared = { passwords, mailbox: mail.open(account, passwords, right), timer };
      this.#prepared.set(user, prepared);
    }
    await this.#prepared.get(user)?.mailbox.catch((thrown: unknown) => {
      this.#dismiss(user);
      throw thrown;
    });
  }

  /**
   * Works on what is stored of a user, of whom nobody need have signed in: through what is served where that is, else while
   * nobody is, with no mailbox. Throws what `work` does.
   */
  async withRecords<T>(lease: Lease, work: (user: UserSync) => Promise<T>): Promise<T> {
    const { user } = lease;
    for (;;) {
      const closing = this.#closing.get(user);
      const served = this.#users.get(user);
      if (closing) await closing;
      else if (served === undefined) return this.#whileClosed(lease, work);
      else if (!isSameLease(served.lease, lease)) await this.letGo(user);
      else {
        const sync = await served.sync.catch(() => undefined);
        if (sync) return work(sync);
      }
    }
  }

  /** How long the user has had no request; Infinity for a user who is not served. */
  idleMs(user: string): number {
    const served = this.#users.get(user);
    return served ? this.#parts.clock.monotonic() - served.lastUsed : Number.POSITIVE_INFINITY;
  }

  /** What the next owner needs to open the user's mailbox. In memory only. */
  credentialsOf(user: string): { readonly account: Account; readonly credentials: Credentials } | undefined {
    const served = this.#users.get(user);
    return served && { account: served.account, credentials: served.passwords.inUse };
  }

  /** Ends a user's monitor and answers its waiting devices; the next request opens it anew. */
  async letGo(user: string): Promise<void> {
    const served = this.#users.get(user);
    if (!served) return;
    this.#users.delete(user);
    const closing = served.sync
      .then((sync) => sync.close())
      .catch((cause: unknown) =>
        this.#parts.log.warn({ user, reason: reasonOf(cause) }, "A user's mailbox did not close cleanly"),
      )
      .finally(() => this.#closing.delete(user));
    this.#closing.set(user, closing);
    await closing;
  }

  async close(): Promise<void> {
    this.#sweep.cancel();
    for (const user of this.#prepared.keys()) this.#dismiss(user);
    await Promise.all([...this.#users.keys()].map((user) => this.letGo(user)));
  }

  #open(account: Account, credentials: Credentials, lease: Lease): Promise<UserSync> {
    const { mail, store, clock, random, log, settings, onMonitorLag, onPoison, onResync } = this.#parts;
    const fromMs = clock.monotonic();
    const prepared = this.#takePrepared(account, credentials, lease);
    const passwords = prepared?.passwords ?? new ConfirmedPasswords(credentials);
    const sync = (async () => {
      const mailbox = (await prepared?.mailbox.catch(() => undefined)) ?? (await mail.open(account, passwords, lease));
      log.debug({ user: account.user, milliseconds: Math.round(clock.monotonic() - fromMs) }, 'A mailbox was opened');
      const user = createUserSync({
        account,
        mailbox,
        store,
        lease,
        clock,
        random,
        log,
        settings,
        ...(onMonitorLag && { onMonitorLag }),
        ...(onPoison && { onPoison }),
        ...(onResync && { onResync }),
      });
      user.waiting.onCompletion((ticket, completion) => this.#onCompletion(ticket, completion));
      return user;
    })();
    const served: Served = { account, passwords, lease, sync, lastUsed: clock.monotonic() };
    this.#users.set(account.user, served);
    sync.then(
      (user) => {
        served.opened = user;
      },
      () => {
        if (this.#users.get(account.user) === served) this.#users.delete(account.user);
      },
    );
    return sync;
  }

  /** Whoever comes meanwhile waits as for a mailbox that closes. */
  #whileClosed<T>(lease: Lease, work: (user: UserSync) => Promise<T>): Promise<T> {
    const { store, clock, random, log, settings } = this.#parts;
    const account = { user: lease.user, addresses: [] };
    const mailbox = closedMailbox(account);
    const sync = createUserSync({ account, mailbox, store, lease, clock, random, log, settings });
    const worked = (async () => {
      try {
        return await work(sync);
      } finally {
        await sync.close();
      }
    })();
    const over = worked.then(
      () => undefined,
      () => undefined,
    );
    this.#closing.set(
      lease.user,
      over.finally(() => this.#closing.delete(lease.user)),
    );
    return worked;
  }

  #takePrepared({ user }: Account, credentials: Credentials, lease: Lease): Prepared | undefined {
    const prepared = this.#prepared.get(user);
    if (prepared === undefined) return undefined;
    this.#prepared.delete(user);
    prepared.timer.cancel();
    prepared.lease = lease;
    prepared.passwords.add(credentials);
    return prepared;
  }

  #dismiss(user: string): void {
    const prepared = this.#prepared.get(user);
    this.#prepared.delete(user);
    prepared?.timer.cancel();
    prepared?.mailbox.then((mailbox) => mailbox.close()).catch(() => undefined);
  }

  #letIdleGo(): void {
    this.#sweep = this.#parts.clock.after(SWEEP_MS, () => this.#letIdleGo());
    const idleSince = this.#parts.clock.monotonic() - this.#parts.idleSeconds * 1000;
    for (const [user, served] of this.#users) {
      if (served.lastUsed > idleSince) continue;
      void served.sync.then(
        (sync) => (sync.waiting.size === 0 && this.#users.get(user) === served ? this.letGo(user) : undefined),
        () => undefined,
      );
    }
  }
}

const isSameLease = (a: Lease, b: Lease): boolean => a.session === b.session && a.epoch === b.epoch;
