/**
 * A server gets more than it can take: it is made to stand still for most of every half second, as by a neighbour on its
 * machine. Does it stop taking users, give them away, and leave its waiting devices in peace?
 */
import type { PoolServer } from '../../support/pool/pool-server.ts';
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { RawHttp } from '../standalone/raw-http.ts';
import { deliver, pause, Phone, phonesOf, userNames } from './phones.ts';
import { busiest, waitingAt } from './rounds.ts';

const USERS = 30;
const NEWCOMERS = 20;
const STILL_MS = 420;
const RUNS_MS = 80;
const SEEN_LIMIT_MS = 30_000;
/** As long as two runs of the balance, at least. */
const LOADED_MS = 130_000;
const WELL_LIMIT_MS = 120_000;

export async function benchConstrained(say: (text: string) => void): Promise<readonly Figure[]> {
  const users = userNames(USERS + NEWCOMERS);
  const pool = await TestPool.start({ users, store: 'embedded', wires: [] });
  try {
    const phones = await phonesOf(pool, users.slice(0, USERS), () => pool.url);
    const { server } = await busiest(pool, phones);
    const others = pool.servers.filter((it) => it !== server);
    const doorOf = (index: number) => others[index % others.length]?.port ?? 0;
    const statuses: number[] = [];
    const held = await Promise.all(phones.map((phone, index) => hold(phone, doorOf(index), statuses)));
    await pool.until(async () => (await waitingAt(pool)) >= phones.length, 'every device waits');
    const before = await usersAt(pool, server);
    const load = new Stutter(server);
    const loadedMs = performance.now();
    say('a server is loaded');
    await pool.until(async () => (await itemOf(pool, server)).constrained !== undefined, 'it says so', SEEN_LIMIT_MS);
    const saidMs = performance.now() - loadedMs;
    const why = (await itemOf(pool, server)).constrained ?? '';
    // The others read it with their next look.
    await pause(2_500);
    const newcomers = users.slice(USERS);
    for (const [index, user] of newcomers.entries()) {
      await deliver(pool, user, 'first');
      await Phone.synced(user, `NEW${index}`, () => `http://127.0.0.1:${doorOf(index)}`);
    }
    const owners = await pool.owners();
    const taken = newcomers.filter((it) => owners.get(server.name)?.includes(it)).length;
    say('it gives users away');
    await pause(Math.max(0, loadedMs + LOADED_MS - performance.now()));
    const left = await usersAt(pool, server);
    load.stop();
    const stoppedMs = performance.now();
    say('the load is over');
    await pool.until(async () => (await itemOf(pool, server)).constrained === undefined, 'it is well', WELL_LIMIT_MS);
    const wellMs = performance.now() - stoppedMs;
    for (const { phone, connection } of held) {
      if (!connection.isAnswered) await deliver(pool, phone.user, 'news');
    }
    await pool.until(() => held.every((it) => it.connection.isAnswered), 'every device was answered');
    const none = { value: 0, is: 'at most' } as const;
    return [
      {
        name: 'a server under load: until it says that it takes nobody new',
        value: saidMs / 1000,
        unit: 's',
        note: `the load: it stands still ${STILL_MS} ms of every ${STILL_MS + RUNS_MS}; why, in its own words: ${why}`,
      },
      { name: `a server under load: new users that it got, of ${NEWCOMERS}`, value: taken, unit: '', target: none },
      {
        name: `a server under load: of its ${before} users it kept after ${LOADED_MS / 1000} s`,
        value: left,
        unit: '',
        target: { value: before - 1, is: 'at most' },
        note: `well again ${(wellMs / 1000).toFixed(0)} s after the load was over`,
      },
      {
        name: `a server under load: answers to ${phones.length} waiting devices other than 200`,
        value: statuses.filter((it) => it !== 200).length,
        unit: '',
        target: none,
      },
    ];
  } finally {
    await pool.stop();
  }
}

interface Held {
  readonly phone: Phone;
  readonly connection: { isAnswered: boolean };
}

async function hold(phone: Phone, port: number, statuses: number[]): Promise<Held> {
  const connection = await RawHttp.connect(port);
  const held: Held = { phone, connection: { isAnswered: false } };
  void connection
    .send(phone.pingRequest())
    .then(
      ({ status }) => statuses.push(status),
      () => statuses.push(0),
    )
    .finally(() => {
      held.connection.isAnswered = true;
      connection.close();
    });
  return held;
}

const usersAt = async (pool: TestPool, server: PoolServer): Promise<number> => (await pool.usersOf(server)).length;

async function itemOf(pool: TestPool, server: PoolServer) {
  const item = (await pool.live()).find((it) => it.address === server.address);
  if (!item) throw new Error('the server under load was lost to its pool');
  return item;
}

/** SIGSTOP and SIGCONT in turn. */
class Stutter {
  readonly #server: PoolServer;
  #isOver = false;

  constructor(server: PoolServer) {
    this.#server = server;
    void this.#run();
  }

  stop(): void {
    this.#isOver = true;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      this.#server.freeze();
      await pause(STILL_MS);
      this.#server.thaw();
      await pause(RUNS_MS);
    }
  }
}
