/**
 * What the tests of a whole pool play on: a pool of real processes, and people with phones who do not give up, whose every
 * command is written down, and whose phones and mailboxes are compared in the end.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { composeMail } from '../../../../lib/activesync/client/index.ts';
import { SeededRandom } from '../../../simulation/support/seeded-random.ts';
import { TEST_DOMAIN } from '../../../support/imap-backend.ts';
import { TestPool, type TestPoolOptions } from '../../../support/pool/test-pool.ts';
import { whileTheyLive } from '../../support/living.ts';
import { settle } from '../../support/settle.ts';
import { type Account, describeAccount, type Trouble } from './account.ts';
import { Ledger } from './ledger.ts';
import { Person } from './person.ts';
import { poolPhone } from './pool-phone.ts';

export interface PoolStageOptions extends Omit<TestPoolOptions, 'users'> {
  /** How many. */
  readonly users: number;
  /** Default 2. */
  readonly devicesPerUser?: number;
  readonly seed?: number;
  /** Where the phones of a user go; default the pool's sprayer. */
  readonly door?: (pool: TestPool) => Promise<(user: string) => string>;
}

export interface DuringOptions {
  readonly everyMs: number;
  readonly mayBeTwice?: boolean;
  readonly seamless?: boolean;
  /** What is not as it must be makes it throw (the default), or is told on stderr and counted. */
  readonly found?: 'throws' | 'counts';
}

const FIRST_MESSAGES = 4;
const AT_ONCE = 8;
const SHOWN_DIFFERENCES = 40;
const SHOWN_TRACES = 3;
const SHOWN_EFFECTS = 40;

export class PoolStage {
  readonly pool: TestPool;
  readonly people: Person[] = [];
  readonly ledgers: ReadonlyMap<string, Ledger>;
  /** Every attempt of a device that had no answer of a server, or one by which it was to try again. */
  readonly troubles: Trouble[] = [];
  readonly failures: string[] = [];
  readonly resyncs: string[] = [];
  readonly random: SeededRandom;
  #serial = 0;
  readonly #urlFor: (user: string) => string;

  private constructor(pool: TestPool, seed: number, urlFor: (user: string) => string) {
    this.pool = pool;
    this.#urlFor = urlFor;
    this.random = new SeededRandom(seed);
    this.ledgers = new Map(pool.users.map((it) => [it, new Ledger()]));
  }

  static async start(options: PoolStageOptions): Promise<PoolStage> {
    const { devicesPerUser = 2, users, seed = seedOfToday() } = options;
    const names = Array.from({ length: users }, (_, index) => `user${index}`);
    const pool = await TestPool.start({ ...options, users: names });
    const stage = new PoolStage(pool, seed, (await options.door?.(pool)) ?? (() => pool.url));
    for (const name of names) for (let index = 0; index < devicesPerUser; index++) stage.#addPerson(name);
    process.stderr.write(`the pool's people act by CARAVAN_TEST_SEED=${seed}\n`);
    return stage;
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
    await this.pool.site.dovecot.deliver(user, await composeMail(letter));
    return subject;
  }

  /** Some mail for everybody, and everybody's first Syncs. */
  async begin(): Promise<void> {
    for (const user of this.pool.users) for (let count = 0; count < FIRST_MESSAGES; count++) await this.deliver(user);
    // A user's first device makes the folder that the others find.
    const firsts = this.pool.users.map((user) => this.people.find((it) => it.user === user) as Person);
    await atOnce(firsts, (person) => person.begin());
    await atOnce(
      this.people.filter((it) => !firsts.includes(it)),
      (person) => person.begin(),
    );
  }

  /**
   * People live on, and mail comes in every `everyMs`, while that happens; then everybody finishes, nobody may have had to
   * begin again, and everything is where it must be, once. `mayBeTwice`: see Sendings; `seamless`: nor may any attempt of a device
   * have gone without a server's answer, or been asked for again.
   */
  async during(
    happening: () => Promise<void>,
    { everyMs, mayBeTwice = false, seamless = false, found = 'throws' }: DuringOptions,
  ): Promise<Account> {
    const fromMs = performance.now();
    const livedBefore = this.people.map((it) => it.lived.length);
    const { people, random } = this;
    const news = (user: string) => this.deliver(user);
    await whileTheyLive({ people, news, everyMs, random, logs: () => this.pool.logs() }, happening);
    const lived = this.people.flatMap((it, index) => it.lived.slice(livedBefore[index]));
    const troubles = this.troubles.filter((it) => it.atMs >= fromMs);
    const { resyncs, differences, text } = await this.#check(mayBeTwice, seamless ? troubles : []);
    if (text !== '' && found === 'throws') throw new Error(text);
    process.stderr.write(text);
    const account = { lived, troubles, resyncs, differences };
    process.stderr.write(`${describeAccount(account)}\n`);
    if (lived.length < this.people.length) throw new Error(`only ${lived.length} commands were done`);
    return account;
  }

  async stop(): Promise<void> {
    for (const person of this.people) {
      void person.stop();
      person.phone.close();
    }
    await this.pool.stop();
  }

  /** `text` is empty where nothing was found. */
  async #check(
    mayBeTwice: boolean,
    troubles: readonly Trouble[],
  ): Promise<{ readonly resyncs: number; readonly differences: number; readonly text: string }> {
    const { site } = this.pool;
    const found: string[] = [];
    await atOnce(this.pool.users, async (user) => {
      const phones = this.people.filter((it) => it.user === user).map((it) => it.phone);
      try {
        const contents = await settle(site.dovecot, user, phones);
        const taken = (subject: string) => site.taken(subject);
        const sending = mayBeTwice ? 'once unseen' : 'never';
        found.push(...(this.ledgers.get(user)?.check(contents, taken, sending) ?? []).map((it) => `${user}: ${it}`));
      } catch (thrown) {
        found.push(`${user}: ${(thrown as Error).message}`);
      }
    });
    found.unshift(
      ...troubles.map((it) => `trouble: ${it.user}: ${it.command} ${it.what}`),
      ...this.failures.map((it) => `failed: ${it}`),
      ...this.resyncs.map((it) => `began again: ${it}`),
    );
    const resyncs = this.resyncs.length;
    const differences = found.length - resyncs;
    // Each is told once.
    this.failures.length = 0;
    this.resyncs.length = 0;
    if (found.length === 0) return { resyncs, differences, text: '' };
    const shown = found.slice(0, SHOWN_DIFFERENCES).join('\n');
    // Reports show the end of what is long.
    const text = `${this.pool.logs()}\n${await this.#traces(found)}\n${found.length} differences:\n${shown}\n`;
    return { resyncs, differences, text };
  }

  /** Of whom there are differences: what servers did to their mailboxes, and the flags that their files have. */
  async #traces(found: readonly string[]): Promise<string> {
    const users = this.pool.users.filter((user) => found.some((it) => it.startsWith(`${user}: `)));
    const traces = users.slice(0, SHOWN_TRACES).map(async (user) => {
      const effects = this.pool.effects.filter((it) => it.user === user).slice(-SHOWN_EFFECTS);
      const files = await readdir(join(this.pool.site.dovecot.maildir(user), 'cur')).catch(() => []);
      const done = effects.map((it) => `${it.server} ${it.verb} at ${Math.round(it.atMs)}`).join(', ');
      return `${user}: ${done}; files: ${files.join(' ')}`;
    });
    return (await Promise.all(traces)).join('\n');
  }

  #addPerson(user: string): void {
    const trouble = (command: string, what: string) =>
      void this.troubles.push({ user, command, what, atMs: performance.now() });
    const { resyncs } = this;
    const hardships = { lost: 0, refused: 0 };
    const deviceId = `POOLPHONE${this.people.length}`;
    const phone = poolPhone({ url: this.#urlFor(user), user, deviceId, hardships, resyncs, onTrouble: trouble });
    const { random, failures, name } = this;
    const ledger = this.ledgers.get(user) as Ledger;
    const onAgain = (command: string, status: number) => trouble(command, `Status ${status}`);
    this.people.push(new Person({ user, phone, hardships, ledger, random: random.fork(), failures, name, onAgain }));
  }
}

const seedOfToday = (): number => Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);

async function atOnce<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  await Promise.all(
    Array.from({ length: Math.min(AT_ONCE, all.length) }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next);
    }),
  );
}
