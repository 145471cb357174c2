// Everything behind the door, real and without sockets: the engine over mail folders on disk and the embedded database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FoldersMailSystem, Mailbox, MessageFlags } from '../../lib/backends/index.ts';
import { StoreOutbox } from '../../lib/outbox/index.ts';
import { type Clock, silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import { SqliteStore, type Store } from '../../lib/store/index.ts';
import { createUserSync, type SyncSettings, type UserSync } from '../../lib/sync/index.ts';
import { startSystem, type TestSystem, type UserName } from '../backends/folders/setup.ts';

export interface StandaloneOptions {
  /** Default: every look is a fresh one, so that nothing depends on when the monitor hears of a change. */
  readonly settings?: Partial<SyncSettings>;
  readonly clock?: Clock;
}

export interface MessageOptions {
  readonly subject?: string;
  readonly body?: string;
  readonly flags?: MessageFlags;
  readonly receivedAt?: Date;
  /** The backend's name of a folder; default the inbox. */
  readonly folder?: string;
}

const ALWAYS_FRESH: Partial<SyncSettings> = { staleViewMs: 0, liveViewMs: 0, staleHierarchyMs: 0 };

export class Standalone {
  readonly #options: StandaloneOptions;
  readonly #mail: TestSystem;
  readonly #directory: string;
  readonly #users = new Map<UserName, UserSync>();
  readonly #others = new Map<UserName, Mailbox>();
  #store: CountingStore;
  #session = 1;
  #serial = 0;

  private constructor(mail: TestSystem, directory: string, options: StandaloneOptions) {
    this.#mail = mail;
    this.#directory = directory;
    this.#options = options;
    this.#store = this.#openStore();
  }

  static async start(options: StandaloneOptions = {}): Promise<Standalone> {
    const directory = await mkdtemp(join(tmpdir(), 'caravan-standalone-'));
    return new Standalone(await startSystem(), directory, options);
  }

  get system(): FoldersMailSystem {
    return this.#mail.system;
  }

  get store(): CountingStore {
    return this.#store;
  }

  get outbox(): StoreOutbox {
    return new StoreOutbox({ store: this.#store, clock: this.#clock, random: systemRandom, log: silentLog });
  }

  /** The user's side of the road; opened at the first call. */
  async user(name: UserName = 'ada'): Promise<UserSync> {
    const open = this.#users.get(name);
    if (open) return open;
    const mailbox = await this.#mail.open(name);
    const user = createUserSync({
      account: mailbox.account,
      mailbox,
      store: this.#store,
      lease: standaloneLease(name, `session${this.#session}`),
      clock: this.#clock,
      random: systemRandom,
      log: silentLog,
      settings: { ...ALWAYS_FRESH, ...this.#options.settings },
    });
    this.#users.set(name, user);
    return user;
  }

  /** A session of another program in the same mailbox. */
  async other(name: UserName = 'ada'): Promise<Mailbox> {
    let mailbox = this.#others.get(name);
    if (!mailbox) {
      mailbox = await this.#mail.open(name);
      this.#others.set(name, mailbox);
    }
    return mailbox;
  }

  /** Puts a message into a folder, as another program; tells its UID. */
  async put(options: MessageOptions = {}, name: UserName = 'ada'): Promise<number> {
    const mailbox = await this.other(name);
    const serial = ++this.#serial;
    const raw = [
      'From: Bob Moss <bob@example.org>',
      'To: Ada Lovelace <ada@example.org>',
      `Subject: ${options.subject ?? `Message ${serial}`}`,
      'Date: Thu, 19 Nov 2026 10:00:00 +0000',
      `Message-ID: <standalone-${serial}@example.org>`,
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      options.body ?? 'Hello.',
      '',
    ].join('\r\n');
    const folder = options.folder ?? (await this.folder('inbox', name));
    const { flags = [], receivedAt } = options;
    return (await mailbox.append(folder, Buffer.from(raw), { flags, ...(receivedAt && { receivedAt }) })).uid;
  }

  /** Puts a message of one's own making into the inbox. */
  async putRaw(raw: Uint8Array, flags: MessageFlags = [], name: UserName = 'ada'): Promise<number> {
    const mailbox = await this.other(name);
    return (await mailbox.append(await this.folder('inbox', name), raw, { flags })).uid;
  }

  /** The backend's name of the folder of this kind. */
  async folder(kind: string, name: UserName = 'ada'): Promise<string> {
    const found = (await (await this.other(name)).folders()).find((it) => it.kind === kind);
    if (!found) throw new Error(`no folder of kind ${kind}`);
    return found.id;
  }

  /** The server stops and comes back: the store and the mail stay, everything else is gone. */
  async restart(): Promise<void> {
    await this.#close();
    this.#session++;
    this.#store = this.#openStore();
  }

  async stop(): Promise<void> {
    await this.#close();
    for (const mailbox of this.#others.values()) await mailbox.close();
    await this.#mail.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #close(): Promise<void> {
    for (const user of this.#users.values()) await user.close();
    this.#users.clear();
    await this.#store.close();
  }

  #openStore(): CountingStore {
    return new CountingStore(new SqliteStore({ file: join(this.#directory, 'store.sqlite') }));
  }

  get #clock(): Clock {
    return this.#options.clock ?? systemClock;
  }
}

/** Counts what is asked of a store. */
export class CountingStore implements Store {
  readonly #store: Store;
  reads = 0;
  writes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  get: Store['get'] = (...args) => {
    this.reads++;
    return this.#store.get(...args);
  };

  put: Store['put'] = (...args) => {
    this.writes++;
    return this.#store.put(...args);
  };

  update: Store['update'] = (...args) => {
    this.writes++;
    return this.#store.update(...args);
  };

  delete: Store['delete'] = (...args) => {
    this.writes++;
    return this.#store.delete(...args);
  };

  query: Store['query'] = (...args) => {
    this.reads++;
    return this.#store.query(...args);
  };

  scan: Store['scan'] = () => this.#store.scan();

  close: Store['close'] = () => this.#store.close();
}
