/**
 * What the tests of a whole pool play on: servers in processes of their own, as they are deployed, behind the sprayer; a real
 * store, a real Dovecot, a submission server; and people with phones who do not give up, whose every command is written down.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeMail, DeviceClient } from '../../../../lib/activesync/client/index.ts';
import { systemClock, systemRandom } from '../../../../lib/platform/index.ts';
import { PoolAdministration, type ServerSession } from '../../../../lib/pool/index.ts';
import { Sprayer } from '../../../../lib/pool/local/index.ts';
import { openDynamoStore, startEmbeddedDynamo, type Store } from '../../../../lib/store/index.ts';
import { type Bundle, buildBundle } from '../../../bench/standalone/bundle.ts';
import { SeededRandom } from '../../../simulation/support/seeded-random.ts';
import { freePorts } from '../../../support/dovecot.ts';
import { startDynamoDbLocal } from '../../../support/dynamodb-local/start.ts';
import { TEST_DOMAIN } from '../../../support/imap-backend.ts';
import { MailSite } from '../../../support/mail-site.ts';
import { type Hardships, persistentTransport } from '../../support/persistent-transport.ts';
import { watchResyncs } from '../../support/resyncs.ts';
import { settle } from '../../support/settle.ts';
import { Ledger } from './ledger.ts';
import { type Lived, Person } from './person.ts';
import { PoolServer } from './pool-server.ts';

export interface PoolStageOptions {
  /** Default 3. */
  readonly servers?: number;
  /** Servers that `launch` may start later; default 0. */
  readonly spare?: number;
  readonly users: number;
  /** Default 2. */
  readonly devicesPerUser?: number;
  /** By flag, of every server. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default the embedded one. */
  readonly store?: 'embedded' | 'dynamodb-local';
  readonly seed?: number;
}

export interface Trouble {
  readonly user: string;
  readonly command: string;
  /** A status, or what broke. */
  readonly what: string;
  readonly atMs: number;
}

/** What happened to devices meanwhile. */
export interface Account {
  readonly lived: readonly Lived[];
  readonly troubles: readonly Trouble[];
}

const POOL = 'test';
const TABLE = 'caravan-test';
const POOL_KEY = 'the key of the pool of the tests';
const FIRST_MESSAGES = 4;
const AT_ONCE = 8;
/** Of everything but what waits. */
const ATTEMPT_MS = 15_000;
const WAITING_FROM_MS = 60_000;
const PATIENCE_MS = 150_000;
const STOP_NUDGE_MS = 700;
const STOP_LIMIT_MS = 120_000;
const POLL_MS = 100;

export class PoolStage {
  readonly site: MailSite;
  readonly servers: PoolServer[] = [];
  readonly sprayer: Sprayer;
  readonly administration: PoolAdministration;
  readonly people: Person[] = [];
  readonly ledgers = new Map<string, Ledger>();
  readonly hardships: Hardships = { lost: 0, refused: 0 };
  /** Every attempt of a device that had no answer of a server. */
  readonly troubles: Trouble[] = [];
  readonly failures: string[] = [];
  readonly resyncs: string[] = [];
  readonly random: SeededRandom;
  readonly #launchOne: (index: number) => Promise<PoolServer>;
  readonly #closing: (() => Promise<void> | void)[];
  #serial = 0;
  #delivering: AbortController | undefined;

  private constructor(parts: {
    site: MailSite;
    sprayer: Sprayer;
    administration: PoolAdministration;
    random: SeededRandom;
    launchOne: (index: number) => Promise<PoolServer>;
    closing: (() => Promise<void> | void)[];
  }) {
    this.site = parts.site;
    this.sprayer = parts.sprayer;
    this.administration = parts.administration;
    this.random = parts.random;
    this.#launchOne = parts.launchOne;
    this.#closing = parts.closing;
  }

  static async start(options: PoolStageOptions): Promise<PoolStage> {
    const { servers = 3, spare = 0, users, devicesPerUser = 2, settings = {}, store = 'embedded' } = options;
    const seed = options.seed ?? Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
    const closing: (() => Promise<void> | void)[] = [];
    try {
      const names = Array.from({ length: users }, (_, index) => `user${index}`);
      const passwords = Object.fromEntries(names.map((it) => [it, `${it}-secret`]));
      const site = await MailSite.start({ users: passwords, maxUserConnections: 100 });
      closing.push(() => site.stop());
      const dynamo = store === 'embedded' ? await startEmbeddedDynamo() : await startDynamoDbLocal();
      closing.push(() => dynamo.stop());
      const directory = await mkdtemp(join(tmpdir(), 'caravan-pool-'));
      closing.push(() => rm(directory, { recursive: true, force: true }));
      const keyFile = join(directory, 'pool.key');
      await writeFile(keyFile, POOL_KEY, { mode: 0o600 });
      const bundle: Bundle = await buildBundle();
      closing.push(() => bundle.remove());
      const ports = await freePorts(servers + spare);
      const flags = {
        ...site.settings(),
        'store-kind': 'dynamodb',
        'store-table': TABLE,
        'pool-name': POOL,
        'pool-key-file': keyFile,
        'pool-drain-seconds': '20',
        'drain-seconds': '10',
        ...settings,
      };
      const launchOne = (index: number) =>
        PoolServer.start({
          name: `s${index}`,
          port: ports[index] as number,
          main: bundle.main,
          endpoint: dynamo.endpoint,
          imapPort: site.dovecot.imapPort,
          settings: flags,
        });
      const own: Store = await openDynamoStore({
        table: TABLE,
        endpoint: dynamo.endpoint,
        clock: systemClock,
        random: systemRandom,
      });
      closing.push(() => own.close());
      const targets = ports.map((port, index) => ({ name: `s${index}`, host: '127.0.0.1', port }));
      const sprayer = await Sprayer.start({ port: 0, targets });
      closing.push(() => sprayer.stop());
      const administration = new PoolAdministration({
        store: own,
        clock: systemClock,
        random: systemRandom,
        pool: POOL,
        requestTimeoutMs: 5_000,
      });
      const stage = new PoolStage({
        site,
        sprayer,
        administration,
        random: new SeededRandom(seed),
        launchOne,
        closing,
      });
      closing.push(() => stage.#end());
      for (let index = 0; index < servers; index++) await stage.launch();
      await stage.untilHealthy();
      for (const name of names) {
        stage.ledgers.set(name, new Ledger());
        for (let index = 0; index < devicesPerUser; index++) stage.#addPerson(name);
      }
      process.stderr.write(`the pool's people act by CARAVAN_TEST_SEED=${seed}\n`);
      return stage;
    } catch (thrown) {
      for (const close of closing.toReversed()) await close();
      throw thrown;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.sprayer.port}`;
  }

  get users(): readonly string[] {
    return [...this.ledgers.keys()];
  }

  /** The next server. */
  async launch(): Promise<PoolServer> {
    const server = await this.#launchOne(this.servers.length);
    this.servers.push(server);
    return server;
  }

  server(index: number): PoolServer {
    const server = this.servers[index];
    if (!server) throw new Error(`there is no server ${index}`);
    return server;
  }

  /** The users of each server that is alive, by its name. */
  async owners(): Promise<ReadonlyMap<string, readonly string[]>> {
    const sessions = await this.administration.servers();
    const nameOf = new Map(
      sessions.map((it) => [it.session, this.servers.find((server) => server.address === it.address)?.name ?? '']),
    );
    const owned = new Map<string, string[]>();
    for (const user of this.users) {
      const name = nameOf.get((await this.administration.owner(user))?.session ?? '') ?? '';
      owned.set(name, [...(owned.get(name) ?? []), user]);
    }
    return owned;
  }

  async usersOf(server: PoolServer): Promise<readonly string[]> {
    return (await this.owners()).get(server.name) ?? [];
  }

  async live(): Promise<readonly ServerSession[]> {
    return (await this.administration.servers()).filter((it) => it.status === 'up');
  }

  /** Resolves when the sprayer sends requests to every server that runs. */
  async untilHealthy(): Promise<void> {
    const running = () => this.servers.filter((it) => it.process.isRunning).map((it) => it.name);
    const healthy = () =>
      this.sprayer
        .targets()
        .filter((it) => it.state === 'healthy')
        .map((it) => it.name);
    await this.until(() => running().every((it) => healthy().includes(it)), 'every server is healthy');
  }

  async until(isTrue: () => boolean | Promise<boolean>, what: string, limitMs = 60_000): Promise<void> {
    const end = performance.now() + limitMs;
    while (!(await isTrue())) {
      if (performance.now() > end) throw new Error(`it did not come to this in ${limitMs} ms: ${what}`);
      await pause(POLL_MS);
    }
  }

  /** A subject that no other message has. */
  readonly name = (prefix: string): string => `${prefix}-${++this.#serial}`;

  async deliver(user: string): Promise<string> {
    const subject = this.name(user);
    const letter = {
      from: 'carol@elsewhere.example',
      to: `${user}@${TEST_DOMAIN}`,
      subject,
      text: `About ${subject}.`,
    };
    this.ledgers.get(user)?.delivered(subject);
    await this.site.dovecot.deliver(user, await composeMail(letter));
    return subject;
  }

  /** Some mail for everybody, and everybody's first Syncs. */
  async begin(): Promise<void> {
    for (const user of this.users) for (let count = 0; count < FIRST_MESSAGES; count++) await this.deliver(user);
    // A user's first device makes the folder that the others find.
    const firsts = this.users.map((user) => this.people.find((it) => it.user === user) as Person);
    await atOnce(firsts, (person) => person.begin());
    await atOnce(
      this.people.filter((it) => !firsts.includes(it)),
      (person) => person.begin(),
    );
  }

  /**
   * People live on, and mail comes in every `everyMs`, while that happens; then everybody finishes, nobody may have had to
   * begin again, and everything is where it must be, once. `mayBeTwice`: see Ledger.
   */
  async during(
    happening: () => Promise<void>,
    { everyMs, mayBeTwice = false }: { readonly everyMs: number; readonly mayBeTwice?: boolean },
  ): Promise<Account> {
    const fromMs = performance.now();
    const livedBefore = this.people.map((it) => it.lived.length);
    for (const person of this.people) person.start();
    const delivering = new AbortController();
    this.#delivering = delivering;
    const deliveries = this.#deliverOn(everyMs, delivering.signal);
    await happening();
    delivering.abort();
    await deliveries;
    await this.#halt();
    const lived = this.people.flatMap((it, index) => it.lived.slice(livedBefore[index]));
    const troubles = this.troubles.filter((it) => it.atMs >= fromMs);
    await this.#check(mayBeTwice);
    const account = { lived, troubles };
    process.stderr.write(`${describeAccount(account)}\n`);
    if (lived.length < this.people.length) throw new Error(`only ${lived.length} commands were done`);
    return account;
  }

  async #check(mayBeTwice: boolean): Promise<void> {
    const found: string[] = [];
    await atOnce(this.users, async (user) => {
      const phones = this.people.filter((it) => it.user === user).map((it) => it.phone);
      try {
        const contents = await settle(this.site.dovecot, user, phones);
        const taken = (subject: string) => this.site.taken(subject).length;
        found.push(...(this.ledgers.get(user)?.check(contents, taken, mayBeTwice) ?? []).map((it) => `${user}: ${it}`));
      } catch (thrown) {
        found.push(`${user}: ${(thrown as Error).message}`);
      }
    });
    found.unshift(...this.failures.map((it) => `failed: ${it}`), ...this.resyncs.map((it) => `began again: ${it}`));
    if (found.length > 0) {
      throw new Error(`${found.length} differences:\n${found.slice(0, 40).join('\n')}\n${this.#logs()}`);
    }
  }

  async stop(): Promise<void> {
    for (const close of this.#closing.splice(0).toReversed()) await close();
  }

  async #halt(): Promise<void> {
    const over = new AbortController();
    void Promise.all(this.people.map((it) => it.stop())).then(() => over.abort());
    const end = performance.now() + STOP_LIMIT_MS;
    while (!over.signal.aborted) {
      const waiting = new Set(this.people.filter((it) => it.isWaiting).map((it) => it.user));
      for (const user of waiting) await this.deliver(user);
      await pause(STOP_NUDGE_MS);
      if (performance.now() > end) throw new Error(`still waiting: ${[...waiting].join()}\n${this.#logs()}`);
    }
  }

  async #deliverOn(everyMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(everyMs);
      await this.deliver(this.random.pick(this.users));
    }
  }

  #addPerson(user: string): void {
    const phone = new DeviceClient({
      url: this.url,
      user,
      password: `${user}-secret`,
      deviceId: `POOLPHONE${this.people.length}`,
      deviceType: 'TestPhone',
      version: '16.1',
      transport: persistentTransport(this.hardships, {
        // A load balancer's own answers where a server broke off or does not answer.
        again: [502, 503, 504],
        attemptMs: ({ timeoutMs }) => (timeoutMs > WAITING_FROM_MS ? timeoutMs : ATTEMPT_MS),
        limitMs: PATIENCE_MS,
        pauseMs: 250,
        onHardship: ({ url }, what) => {
          const command = new URL(url).searchParams.get('Cmd') ?? '';
          this.troubles.push({ user, command, what, atMs: performance.now() });
        },
      }),
      retry: { attempts: 1, maxRetryAfterSeconds: 0 },
      onExchange: watchResyncs(user, false, this.resyncs),
    });
    const { random, failures, name } = this;
    const ledger = this.ledgers.get(user) as Ledger;
    this.people.push(new Person({ user, phone, ledger, random: random.fork(), failures, name }));
  }

  async #end(): Promise<void> {
    this.#delivering?.abort();
    for (const person of this.people) {
      void person.stop();
      person.phone.close();
    }
    for (const server of this.servers) await server.remove();
  }

  #logs(): string {
    return this.servers.map((it) => `== ${it.name}\n${it.process.lines.slice(-15).join('\n')}`).join('\n');
  }
}

function describeAccount({ lived, troubles }: Account): string {
  const count = (names: readonly string[]) =>
    [...new Set(names)].map((name) => `${names.filter((it) => it === name).length} ${name}`).join(', ') || 'none';
  const longestMs = Math.max(0, ...lived.map((it) => it.toMs - it.fromMs));
  return `commands: ${count(lived.map((it) => it.command))}; longest ${Math.round(longestMs)} ms; troubles: ${count(troubles.map((it) => `${it.command} ${it.what}`))}`;
}

async function atOnce<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next);
    }),
  );
}

const pause = (delayMs: number) => new Promise((done) => setTimeout(done, delayMs));
