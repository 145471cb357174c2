/**
 * What the embedded store costs: `npx node test/bench/store.ts [directory]`. Absolute figures depend on the disk's sync;
 * the ratio to a bare write and fsync of the same size in the same run does not.
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, equals, SqliteStore } from '../../lib/store/index.ts';

const ROUNDS = 2000;
const USERS = 64;

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'caravan-bench-'));
const store = new SqliteStore({ file: join(directory, 'caravan.db') });
const state = new Uint8Array(1200).fill(9);
const keyOf = (user: number) => ({ partition: `USER#${user}`, sort: 'DEVICE#x#COLLECTION#1' });
for (let user = 0; user < USERS; user += 1) {
  await store.put({ key: keyOf(user), attributes: { version: 0, epoch: 1, writeId: 'w', state } });
}

async function measure(name: string, rounds: number, run: (round: number) => unknown, perRound = 1): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await run(round);
    times.push(((performance.now() - start) * 1000) / perRound);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * times.length)] ?? 0;
  process.stdout.write(`${name.padEnd(52)} p50 ${at(0.5).toFixed(1)} µs, p99 ${at(0.99).toFixed(1)} µs\n`);
  return at(0.5);
}

const bare = openSync(join(directory, 'bare'), 'w');
const frames = Buffer.alloc(2 * 4120, 1);
const sync = await measure('bare write of 8 KB and fsync', ROUNDS, () => {
  writeSync(bare, frames, 0, frames.length, 0);
  fsyncSync(bare);
});
closeSync(bare);

await measure('get, 1.2 KB of state', ROUNDS * 10, (round) => store.get(keyOf(round % USERS)));
const version = Array.from({ length: USERS }, () => 0);
const bump = async (user: number): Promise<void> => {
  const before = version[user] ?? 0;
  const set = { version: before + 1, epoch: 1, writeId: `w${before}`, state };
  const result = await store.update(keyOf(user), { set }, [equals('version', before), atMost('epoch', 1)]);
  if (result.outcome !== 'applied') throw new Error(result.outcome);
  version[user] = before + 1;
};
const alone = await measure('conditional update, one at a time', ROUNDS, (round) => bump(round % USERS));
const users = Array.from({ length: USERS }, (_, user) => user);
await measure(`conditional update, ${USERS} at once, each`, ROUNDS / 20, () => Promise.all(users.map(bump)), USERS);
process.stdout.write(`ratio of a conditional update to a bare sync ${(alone / sync).toFixed(2)}\n`);
await store.close();
rmSync(directory, { recursive: true });
