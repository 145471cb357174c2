/** How often the store is asked: for each kind of command, and by a server for itself. Counted on the way to the store. */
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { RawHttp } from '../standalone/raw-http.ts';
import { atOnce, pause, type Phone, phonesOf, userNames } from './phones.ts';
import { waitingAt } from './rounds.ts';

const USERS = 20;
const TIMES = 5;
const WAIT_MS = 30_000;
const SETTLE_MS = 3_000;
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

interface Operation {
  readonly operation: string;
  /** Whose item it is: the pool's, for beats and what is read of the others; else a look at the store's health. */
  readonly of: 'user' | 'pool' | 'health';
  /** What it is about: the strings of the request, keys among them. */
  readonly words: readonly string[];
}

export async function benchOperations(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: ['store'] });
  try {
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const seen: Operation[] = [];
    for (const { store } of pool.servers) {
      store.onOperation = (operation, body) => {
        const of = body.includes('USER#') ? 'user' : body.includes('POOL#') ? 'pool' : 'health';
        const words = [...body.toString().matchAll(/"S":"([^"]{1,60})"/g)].map(([, word = '']) => word);
        seen.push({ operation, of, words });
      };
    }
    /** For users. */
    const counted = async (what: () => Promise<void>): Promise<readonly Operation[]> => {
      const from = seen.length;
      await what();
      return seen.slice(from).filter((it) => it.of === 'user');
    };
    const perCommand = (operations: readonly Operation[], isWrite: boolean) =>
      operations.filter((it) => WRITES.has(it.operation) === isWrite).length / (USERS * TIMES);
    const rows: Figure[] = [];
    const row = (name: string, operations: readonly Operation[], writes: number) => {
      const target = (value: number) => ({ value, is: 'at most' as const });
      rows.push({
        name: `store writes: ${name}`,
        value: perCommand(operations, true),
        unit: '',
        target: target(writes),
      });
      rows.push({ name: `store reads: ${name}`, value: perCommand(operations, false), unit: '', target: target(0) });
    };
    const each = async (run: (phone: Phone, time: number) => Promise<void>) => {
      for (let time = 0; time < TIMES; time++) await atOnce(phones, (phone) => run(phone, time));
    };
    say('counting operations of commands');
    const unchanged = (phone: Phone) => phone.syncOnce();
    // Every door has looked up every user's owner once.
    for (const { port } of pool.servers) {
      for (const phone of phones) phone.door = () => `http://127.0.0.1:${port}`;
      await atOnce(phones, unchanged);
    }
    for (const phone of phones) phone.door = () => pool.url;
    row('Sync that changes something', await counted(() => each((phone, time) => phone.mark(time % 2 === 0))), 1);
    // The first one after a change too.
    row('Sync without a change', await counted(() => each(unchanged)), 0);
    row(
      'FolderSync without a change',
      await counted(() => each(async (phone) => void (await phone.client.folderSync()))),
      0,
    );
    say('counting operations of waiting devices');
    const held: RawHttp[] = [];
    for (const phone of phones) {
      const connection = await RawHttp.connect(pool.sprayer.port);
      void connection.send(phone.pingRequest()).catch(() => undefined);
      held.push(connection);
    }
    await pool.until(async () => (await waitingAt(pool)) >= phones.length, 'every device waits');
    await pause(SETTLE_MS);
    const poolFrom = seen.length;
    const waiting = await counted(() => pause(WAIT_MS));
    rows.push({
      name: `store operations of ${USERS} waiting devices in ${WAIT_MS / 1000} s`,
      value: waiting.length,
      unit: '',
      target: { value: 0, is: 'at most' },
      ...(waiting.length > 0 && {
        note: waiting.map(({ operation, words }) => [operation, ...words].join(' ')).join(', '),
      }),
    });
    const beats = seen.slice(poolFrom).filter((it) => it.of === 'pool' && WRITES.has(it.operation)).length;
    rows.push({
      name: 'store writes of a server for itself',
      value: beats / pool.servers.length / (WAIT_MS / 1000),
      unit: '/s',
      // A beat is every 2 s, a tenth earlier or later.
      target: { value: 0.55, is: 'at most' },
      note: `in ${WAIT_MS / 1000} s`,
    });
    for (const connection of held) connection.close();
    return rows;
  } finally {
    await pool.stop();
  }
}
