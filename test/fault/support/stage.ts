/**
 * What the fault tests play on: a real Dovecot, a submission server, the bundled server in a process of its own, a proxy
 * before it that breaks exchanges, and phones that do not give up.
 */
import { createHash } from 'node:crypto';
import {
  composeMail,
  DeviceClient,
  type DeviceClientOptions,
  type DeviceState,
  httpTransport,
} from '../../../lib/activesync/client/index.ts';
import type { ProtocolVersion } from '../../../lib/activesync/index.ts';
import { type Bundle, buildBundle } from '../../bench/standalone/bundle.ts';
import { Dovecot } from '../../support/dovecot.ts';
import { type Fault, FaultProxy, type Intercept, type ProxiedRequest } from '../../support/fault-proxy.ts';
import { TEST_DOMAIN } from '../../support/imap-backend.ts';
import { ImapWire } from '../../support/imap-wire.ts';
import { ServerProcess } from '../../support/server-process.ts';
import { SmtpSink, type SunkMessage } from '../../support/smtp-sink.ts';
import { type MailboxContents, readMailbox } from './mailbox.ts';
import { type Hardships, persistentTransport } from './persistent-transport.ts';
import { watchResyncs } from './resyncs.ts';
import { LOOK, settle, syncEverything } from './settle.ts';

export { LOOK };

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
  readonly #bundle: Bundle;
  #serial = 0;

  private constructor(parts: Pick<Stage, 'dovecot' | 'smtp' | 'server' | 'proxy' | 'wire'>, bundle: Bundle) {
    this.#bundle = bundle;
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
    const bundle = await buildBundle();
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
      { main: bundle.main },
    );
    const proxy = await FaultProxy.start(server.port);
    holder.stage = new Stage({ dovecot, smtp, server, proxy, wire }, bundle);
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
        onExchange: watchResyncs(options.user, state !== undefined, this.resyncs),
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
  settle(user: string, ...phones: readonly DeviceClient[]): Promise<MailboxContents> {
    return settle(this.dovecot, user, phones);
  }

  syncEverything(phone: DeviceClient, windowSize = 100): Promise<void> {
    return syncEverything(phone, windowSize);
  }

  async stop(): Promise<void> {
    for (const phone of this.#phones) phone.close();
    await this.proxy.stop();
    await this.server.remove();
    await this.wire.stop();
    await this.smtp.stop();
    await this.dovecot.stop();
    await this.#bundle.remove();
  }
}

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
