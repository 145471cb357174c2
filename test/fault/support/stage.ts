/**
 * What the fault tests play on: a real Dovecot, a submission server, the server in a process of its own, a proxy before it
 * that breaks exchanges, and phones that do not give up.
 */
import { createHash } from 'node:crypto';
import {
  composeMail,
  DeviceClient,
  type DeviceClientOptions,
  type DeviceState,
  type ExchangeResponse,
  httpTransport,
  type SentRequest,
} from '../../../lib/activesync/client/index.ts';
import { child, children, type Element, type ProtocolVersion, text } from '../../../lib/activesync/index.ts';
import { Dovecot } from '../../support/dovecot.ts';
import { type Fault, FaultProxy, type Intercept, type ProxiedRequest } from '../../support/fault-proxy.ts';
import { TEST_DOMAIN } from '../../support/imap-backend.ts';
import { ImapWire } from '../../support/imap-wire.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { SmtpSink, type SunkMessage } from '../../support/smtp-sink.ts';
import { differences } from './differences.ts';
import { type MailboxContents, readMailbox } from './mailbox.ts';
import { type Hardships, persistentTransport } from './persistent-transport.ts';

export interface StageOptions {
  readonly users: readonly string[];
  /** By flag. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Of the database; default one of its own. */
  readonly data?: string;
}

export interface PhoneOptions extends Partial<DeviceClientOptions> {
  readonly version?: ProtocolVersion;
  /** False: a lost answer is an error, and the test repeats by itself. */
  readonly persists?: boolean;
  readonly state?: DeviceState;
}

const SETTLE_LIMIT_MS = 25_000;
const SETTLE_PAUSE_MS = 150;

export class Stage {
  readonly dovecot: Dovecot;
  readonly smtp: SmtpSink;
  readonly server: ServerProcess;
  readonly proxy: FaultProxy;
  /** Between the server and Dovecot. */
  readonly wire: ImapWire;
  /** Called when the submission server has a message and before it says so. */
  onTaken: () => void | Promise<void> = () => {};
  readonly hardships: Hardships = { lost: 0, refused: 0 };
  /** Every answer that made a device begin again, and every key 0 that was not a collection's first: `ada: Sync: …`. */
  readonly resyncs: string[] = [];
  /** What breaks the exchanges of one user's devices. */
  readonly intercepts = new Map<string, Intercept>();
  readonly #phones: DeviceClient[] = [];
  #serial = 0;

  private constructor(parts: Pick<Stage, 'dovecot' | 'smtp' | 'server' | 'proxy' | 'wire'>) {
    const { dovecot, smtp, server, proxy, wire } = parts;
    this.dovecot = dovecot;
    this.smtp = smtp;
    this.server = server;
    this.proxy = proxy;
    this.wire = wire;
    proxy.intercept = (request) => this.intercepts.get(request.user)?.(request);
  }

  resyncsOf(user: string): readonly string[] {
    return this.resyncs.filter((it) => it.startsWith(`${user}: `));
  }

  static async start({ users, settings = {}, data }: StageOptions): Promise<Stage> {
    const dovecot = await Dovecot.start({ users: Object.fromEntries(users.map((it) => [it, `${it}-secret`])) });
    const userOf = (address: string) => address.slice(0, address.indexOf('@'));
    const isLocal = (address: string) => address.endsWith(`@${TEST_DOMAIN}`);
    const wire = await ImapWire.start(dovecot.imapPort);
    const holder: { stage?: Stage } = {};
    const smtp = await SmtpSink.start({
      users: dovecot.users,
      accepts: (address) => !isLocal(address) || userOf(address) in dovecot.users,
      deliver: async (address, raw) => {
        await holder.stage?.onTaken();
        if (isLocal(address)) await dovecot.deliver(userOf(address), raw);
      },
    });
    const server = await ServerProcess.start(
      {
        'mail-kind': 'imap',
        'mail-host': dovecot.host,
        'mail-port': String(wire.port),
        'mail-tls': 'off',
        'mail-domain': TEST_DOMAIN,
        'mail-smtp-host': '127.0.0.1',
        'mail-smtp-port': String(smtp.port),
        'mail-smtp-tls': 'off',
        'drain-seconds': '5',
        ...settings,
      },
      data,
    );
    const proxy = await FaultProxy.start(server.port);
    holder.stage = new Stage({ dovecot, smtp, server, proxy, wire });
    return holder.stage;
  }

  /** Each call makes another device, unless it gives a `deviceId`. */
  phone({ persists = true, state, ...options }: PhoneOptions & { readonly user: string }): DeviceClient {
    const phone = new DeviceClient(
      {
        url: this.proxy.url,
        password: this.dovecot.users[options.user] ?? '',
        deviceId: `FAULTPHONE${this.#phones.length}`,
        deviceType: 'TestPhone',
        version: '16.1',
        transport: persists ? persistentTransport(this.hardships) : httpTransport(),
        retry: { attempts: 1, maxRetryAfterSeconds: 0 },
        onExchange: this.#watcher(options.user, state !== undefined),
        ...options,
      },
      state,
    );
    this.#phones.push(phone);
    return phone;
  }

  /** Puts a message there; tells its subject, which no other message has. */
  async put(user: string, about: { folder?: string; subject?: string; text?: string } = {}): Promise<string> {
    const subject = about.subject ?? this.name(user);
    await this.dovecot.deliver(user, await this.letter(user, subject, about.text), about.folder);
    return subject;
  }

  letter(user: string, subject: string, words = `About ${subject}.`): Promise<Uint8Array> {
    return composeMail({ from: 'carol@elsewhere.example', to: `${user}@${TEST_DOMAIN}`, subject, text: words });
  }

  /** A subject that no other message has. */
  name(prefix = 'Message'): string {
    return `${prefix}-${++this.#serial}`;
  }

  contents(user: string): Promise<MailboxContents> {
    return readMailbox(this.dovecot, user);
  }

  /** What the submission server took with this subject. */
  taken(subject: string): readonly SunkMessage[] {
    return this.smtp.messages.filter((it) => it.raw.toString('latin1').includes(`Subject: ${subject}\r\n`));
  }

  /** Syncs everything until the device has what the mailbox has; throws with the differences if that does not come. */
  async settle(user: string, ...phones: readonly DeviceClient[]): Promise<MailboxContents> {
    const until = performance.now() + SETTLE_LIMIT_MS;
    for (;;) {
      for (const phone of phones) await this.syncEverything(phone);
      const contents = await this.contents(user);
      const found = phones.flatMap((phone) => differences(phone.state, contents));
      if (found.length === 0) return contents;
      if (performance.now() > until) throw new Error(`${user}'s devices and mailbox differ:\n${found.join('\n')}`);
      await new Promise((done) => setTimeout(done, SETTLE_PAUSE_MS));
    }
  }

  async syncEverything(phone: DeviceClient, windowSize = 100): Promise<void> {
    await phone.folderSync();
    for (const { serverId, type } of Object.values(phone.state.folders)) {
      if (!MAIL_TYPES.has(type)) continue;
      await phone.syncAll({ collectionId: serverId, windowSize, ...LOOK });
    }
  }

  async stop(): Promise<void> {
    for (const phone of this.#phones) phone.close();
    await this.proxy.stop();
    await this.server.remove();
    await this.wire.stop();
    await this.smtp.stop();
    await this.dovecot.stop();
  }

  #watcher(user: string, isKnown: boolean): DeviceClientOptions['onExchange'] {
    const begun = new Map<string, number>();
    return (request: SentRequest, { document }: ExchangeResponse) => {
      const say = (what: string) => this.resyncs.push(`${user}: ${request.command}: ${what}`);
      if (request.command === 'FolderSync' && textOf(document, 'FolderHierarchy:Status') === '9') say('Status 9');
      if (request.command !== 'Sync') return;
      for (const it of collectionsOf(request.document)) {
        const id = text(it, 'AirSync:CollectionId') ?? '';
        if (text(it, 'AirSync:SyncKey') !== '0') continue;
        const count = (begun.get(id) ?? (isKnown ? 1 : 0)) + 1;
        begun.set(id, count);
        if (count > 1) say(`key 0 again for ${id}`);
      }
      for (const it of collectionsOf(document)) {
        const status = text(it, 'AirSync:Status') ?? '1';
        if (status === '3' || status === '12') say(`Status ${status} for ${text(it, 'AirSync:CollectionId')}`);
      }
    };
  }
}

/** How the devices of these tests look at mail. */
export const LOOK = { filterType: 0, bodyPreferences: [{ type: 1, truncationSizeBytes: 200 }] } as const;

/** MS-ASCMD 2.2.3.186.3: folders of mail, the outbox apart. */
const MAIL_TYPES: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 12]);

const textOf = (document: Element | undefined, tag: 'FolderHierarchy:Status') => text(document, tag);

const collectionsOf = (document: Element | undefined): readonly Element[] =>
  children(child(document, 'AirSync:Collections'), 'AirSync:Collection');

/**
 * Breaks the first `times` transmissions of each different request at the same place; repetitions beyond pass. Tells of
 * repetitions that were not the very same bytes by counting them as new ones: `broken` says how many there were of each.
 */
export class LoseEachOnce {
  /** By command. */
  readonly broken = new Map<string, number>();
  readonly #seen = new Map<string, number>();
  readonly #times: number;
  readonly #fault: (request: ProxiedRequest) => Fault;

  constructor(fault: Fault | ((request: ProxiedRequest) => Fault), times = 1) {
    this.#fault = typeof fault === 'function' ? fault : () => fault;
    this.#times = times;
  }

  readonly intercept = (request: ProxiedRequest): Fault | undefined => {
    const digest = createHash('sha256').update(request.bytes).digest('base64');
    const count = (this.#seen.get(digest) ?? 0) + 1;
    this.#seen.set(digest, count);
    if (count > this.#times) return undefined;
    this.broken.set(request.command, (this.broken.get(request.command) ?? 0) + 1);
    return this.#fault(request);
  };
}
