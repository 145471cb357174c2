/**
 * What the embedded store costs, beside a bare write and sync of the disk in the same run.
 * Alone: `node test/bench/store.ts`.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, equals, SqliteStore } from '../../lib/store/index.ts';
import { describeFigure, type Figure } from './figure.ts';

const READS = 20_000;
const WRITES = 2_000;
const TURNS = 100;
const USERS = 64;
const STATE_BYTES = 1_200;
/** What one such update writes to the log: two pages with their headers. */
const BARE_BYTES = 2 * 4_120;

export async function benchStore(): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'caravan-bench-'));
  const store = new SqliteStore({ file: join(directory, 'caravan.db') });
  try {
    return await measureStore(store, join(directory, 'bare'));
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

async function measureStore(store: SqliteStore, bareFile: string): Promise<readonly Figure[]> {
  const state = new Uint8Array(STATE_BYTES).fill(9);
  const keyOf = (user: number) => ({ partition: `USER#${user}`, sort: 'DEVICE#x#COLLECTION#1' });
  const users = Array.from({ length: USERS }, (_, user) => user);
  const versions = users.map(() => 0);
  for (const user of users)
    await store.put({ key: keyOf(user), attributes: { version: 0, epoch: 1, writeId: 'w', state } });

  const bump = async (user: number): Promise<void> => {
    const version = versions[user] ?? 0;
    const set = { version: version + 1, epoch: 1, writeId: `w${version}`, state };
    const result = await store.update(keyOf(user), { set }, [equals('version', version), atMost('epoch', 1)]);
    if (result.outcome !== 'applied') throw new Error(`The update was ${result.outcome}`);
    versions[user] = version + 1;
  };

  const bare = openSync(bareFile, 'w');
  const bytes = Buffer.alloc(BARE_BYTES, 1);
  const sync = await median(WRITES, () => {
    writeSync(bare, bytes, 0, bytes.length, 0);
    fsyncSync(bare);
  });
  closeSync(bare);
  const get = await median(READS, (round) => store.get(keyOf(round % USERS)));
  const alone = await median(WRITES, (round) => bump(round % USERS));
  const together = (await median(TURNS, () => Promise.all(users.map(bump)))) / USERS;

  const baseline = { name: 'a bare write and fsync', value: sync };
  const note = 'median, 1.2 KB of state';
  return [
    { name: 'store: get', value: get, unit: 'µs', target: { value: 20, is: 'at most' }, note },
    {
      name: 'store: conditional update',
      value: alone,
      unit: 'µs',
      target: { value: 200, is: 'at most' },
      baseline,
      note,
    },
    { name: `store: conditional update, ${USERS} users at once, each`, value: together, unit: 'µs', baseline, note },
  ];
}

/** Microseconds. */
async function median(rounds: number, run: (round: number) => unknown): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await run(round);
    times.push((performance.now() - start) * 1000);
  }
  return times.toSorted((a, b) => a - b)[rounds >> 1] ?? 0;
}

if (import.meta.main) for (const figure of await benchStore()) process.stdout.write(`${describeFigure(figure)}\n`);
