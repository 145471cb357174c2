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
import type { Dovecot } from '../../support/dovecot.ts';
import { type Fault, FaultProxy, type Intercept, type ProxiedRequest } from '../../support/fault-proxy.ts';
import { TEST_DOMAIN } from '../../support/imap-backend.ts';
import { ImapWire } from '../../support/imap-wire.ts';
import { MailSite } from '../../support/mail-site.ts';
import { ServerProcess } from '../../support/server-process.ts';
import type { SmtpSink, SunkMessage } from '../../support/smtp-sink.ts';
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
  readonly #site: MailSite;
  readonly #bundle: Bundle;
  #serial = 0;

  private constructor(parts: Pick<Stage, 'server' | 'proxy' | 'wire'> & { site: MailSite }, bundle: Bundle) {
    this.#bundle = bundle;
    const { site, server, proxy, wire } = parts;
    this.#site = site;
    this.server = server;
    this.proxy = proxy;
    this.wire = wire;
    proxy.intercept = (request) => this.intercepts.get(request.user)?.(request);
  }

  get dovecot(): Dovecot {
    return this.#site.dovecot;
  }

  get smtp(): SmtpSink {
    return this.#site.smtp;
  }

  resyncsOf(user: string): readonly string[] {
    return this.resyncs.filter((it) => it.startsWith(`${user}: `));
  }

  static async start({ users, settings = {}, data }: StageOptions): Promise<Stage> {
    const holder: { stage?: Stage } = {};
    const passwords = Object.fromEntries(users.map((it) => [it, `${it}-secret`]));
    const site = await MailSite.start({ users: passwords }, () => holder.stage?.onTaken());
    const wire = await ImapWire.start(site.dovecot.imapPort);
    const bundle = await buildBundle();
    const server = await ServerProcess.start({ ...site.settings(wire.port), 'drain-seconds': '5', ...settings }, data, {
      main: bundle.main,
    });
    const proxy = await FaultProxy.start(server.port);
    holder.stage = new Stage({ site, server, proxy, wire }, bundle);
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
    return this.#site.taken(subject);
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
    await this.#site.stop();
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
