/**
 * What the tests of calendars in a pool play on: a pool of real processes whose users have their calendars, contacts and tasks on
 * a real Radicale, and people with two phones each, all of whose doings are written down.
 */
import { SeededRandom } from '../../../simulation/support/seeded-random.ts';
import { passwordOf, TestPool, type TestPoolOptions } from '../../../support/pool/test-pool.ts';
import { Radicale } from '../../../support/radicale.ts';
import { whileTheyLive } from '../../support/living.ts';
import { describeAccount, type Trouble } from './account.ts';
import { Keeper } from './keeper.ts';
import { type Collections, KeepingsLedger } from './keepings-ledger.ts';
import { CONTACTS, EVENTS, KEEPINGS, OTHER_CALENDAR, readKept, TASKS } from './keepings.ts';
import { poolPhone } from './pool-phone.ts';
import { pause } from './sizes.ts';

export interface CalendarStageOptions extends Pick<TestPoolOptions, 'servers' | 'store'> {
  /** How many. */
  readonly users: number;
}

const DEVICES_PER_USER = 2;
/** What another program puts there. */
const PUT_EVERY_MS = 400;
const FIRST_ITEMS = 2;
const SETTLE_LIMIT_MS = 60_000;
const SETTLE_PAUSE_MS = 300;
const SHOWN_DIFFERENCES = 40;
/** How soon what another program did is noticed. */
const POLL = { 'mail-dav-poll-min-seconds': '1', 'mail-dav-poll-max-seconds': '3' };

export class CalendarStage {
  readonly pool: TestPool;
  readonly people: Keeper[] = [];
  readonly #troubles: Trouble[] = [];
  readonly #dav: Radicale;
  readonly #ledgers: ReadonlyMap<string, KeepingsLedger>;
  readonly #failures: string[] = [];
  readonly #resyncs: string[] = [];
  readonly #random: SeededRandom;
  #serial = 0;

  private constructor(pool: TestPool, dav: Radicale, seed: number) {
    this.pool = pool;
    this.#dav = dav;
    this.#random = new SeededRandom(seed);
    this.#ledgers = new Map(pool.users.map((it) => [it, new KeepingsLedger()]));
  }

  static async start({ users: count, ...options }: CalendarStageOptions): Promise<CalendarStage> {
    const users = Array.from({ length: count }, (_, index) => `user${index}`);
    const dav = await Radicale.start(Object.fromEntries(users.map((it) => [it, passwordOf(it)])));
    for (const user of users) {
      await dav.makeCalendar(user, EVENTS.collection, 'Calendar', ['VEVENT']);
      await dav.makeCalendar(user, OTHER_CALENDAR, OTHER_CALENDAR, ['VEVENT']);
      await dav.makeCalendar(user, TASKS.collection, 'Tasks', ['VTODO']);
      await dav.makeAddressBook(user, CONTACTS.collection, 'Contacts');
    }
    const settings = { 'mail-dav-url': dav.url, ...POLL };
    const pool = await TestPool.start({ ...options, users, settings, wires: [] });
    const seed = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
    process.stderr.write(`the pool's people act by CARAVAN_TEST_SEED=${seed}\n`);
    const stage = new CalendarStage(pool, dav, seed);
    for (const user of users) for (let index = 0; index < DEVICES_PER_USER; index++) stage.#addPerson(user);
    return stage;
  }

  /** Something for everybody, and everybody's first Syncs. */
  async begin(): Promise<void> {
    for (const user of this.pool.users) for (let count = 0; count < FIRST_ITEMS; count++) await this.#put(user);
    await Promise.all(this.people.map((it) => it.sync()));
  }

  /**
   * People live on, and another program puts things there, while that happens; then everybody finishes, nobody may have had to
   * begin again, and collections and phones have what they must have, once. `mayBeTwice`: see KeepingsLedger.
   */
  async during(happening: () => Promise<void>, { mayBeTwice = false } = {}): Promise<void> {
    const livedBefore = this.people.map((it) => it.lived.length);
    const { people } = this;
    const news = (user: string) => this.#put(user);
    const life = { people, news, everyMs: PUT_EVERY_MS, random: this.#random, logs: () => this.pool.logs() };
    await whileTheyLive(life, happening);
    const lived = people.flatMap((it, index) => it.lived.slice(livedBefore[index]));
    process.stderr.write(`${describeAccount({ lived, troubles: this.#troubles.splice(0) })}\n`);
    await this.#check(mayBeTwice);
    if (lived.length < people.length) throw new Error(`only ${lived.length} commands were done`);
  }

  async stop(): Promise<void> {
    for (const person of this.people) {
      void person.stop();
      person.phone.close();
    }
    await this.pool.stop();
    await this.#dav.stop();
  }

  async #put(user: string, keeping = this.#random.pick(KEEPINGS)): Promise<void> {
    const label = this.#name('Theirs');
    const extension = keeping === CONTACTS ? 'vcf' : 'ics';
    await this.#dav.put(user, keeping.collection, `${label}.${extension}`, keeping.text(label, label));
    this.#ledgers.get(user)?.now(label, { collection: keeping.collection });
  }

  async #check(mayBeTwice: boolean): Promise<void> {
    const found = [
      ...this.#failures.splice(0).map((it) => `failed: ${it}`),
      ...this.#resyncs.splice(0).map((it) => `began again: ${it}`),
    ];
    const sending = mayBeTwice ? 'once unseen' : 'never';
    const checks = this.pool.users.map(async (user) => {
      const { collections, differences } = await this.#settle(user);
      const ledger = this.#ledgers.get(user) as KeepingsLedger;
      found.push(
        ...[...differences, ...ledger.check(collections, (subject) => this.pool.site.taken(subject), sending)].map(
          (it) => `${user}: ${it}`,
        ),
      );
    });
    await Promise.all(checks);
    if (found.length === 0) return;
    const shown = found.slice(0, SHOWN_DIFFERENCES).join('\n');
    throw new Error(`${this.pool.logs()}\n${found.length} differences:\n${shown}`);
  }

  /** Syncs until the phones have what the collections have. */
  async #settle(user: string): Promise<{ collections: Collections; differences: readonly string[] }> {
    const people = this.people.filter((it) => it.user === user);
    const until = performance.now() + SETTLE_LIMIT_MS;
    for (;;) {
      for (const person of people) await person.sync();
      const collections = await this.#collections(user);
      const differences = people.flatMap((it) => unlike(it, collections));
      if (differences.length === 0 || performance.now() > until) return { collections, differences };
      await pause(SETTLE_PAUSE_MS);
    }
  }

  async #collections(user: string): Promise<Collections> {
    const read = async (collection: string) =>
      [collection, (await this.#dav.texts(user, collection)).map(readKept)] as const;
    return new Map(await Promise.all([...KEEPINGS.map((it) => it.collection), OTHER_CALENDAR].map(read)));
  }

  readonly #name = (prefix: string): string => `${prefix}-${++this.#serial}`;

  #addPerson(user: string): void {
    const deviceId = `CALENDARPHONE${this.people.length}`;
    const onTrouble = (command: string, what: string) =>
      void this.#troubles.push({ user, command, what, atMs: performance.now() });
    const hardships = { lost: 0, refused: 0 };
    const phone = poolPhone({
      url: this.pool.url,
      user,
      deviceId,
      hardships,
      resyncs: this.#resyncs,
      onTrouble,
    });
    this.people.push(
      new Keeper({
        user,
        phone,
        hardships,
        ledger: this.#ledgers.get(user) as KeepingsLedger,
        random: this.#random.fork(),
        failures: this.#failures,
        name: this.#name,
        onAgain: (command, status) => onTrouble(command, `Status ${status}`),
      }),
    );
  }
}

/** One line for every collection that the phone has otherwise. */
function unlike(person: Keeper, collections: Collections): readonly string[] {
  const { deviceId } = person.phone.state as { readonly deviceId?: string };
  return [...person.held()].flatMap(([collection, held]) => {
    const kept = (collections.get(collection) ?? []).map((it) => it.label).sort();
    if (held.join() === kept.join()) return [];
    const more = held.filter((it) => !kept.includes(it));
    const less = kept.filter((it) => !held.includes(it));
    return [
      `${collection} of ${deviceId ?? 'a phone'}: only there [${more.join()}], not there [${less.join()}], ${held.length} and ${kept.length}`,
    ];
  });
}
