/** The owner stands still, or is cut from the store: when are its users' next changes made, and does it act after its successor? */
import { type Effect, lateEffects } from '../../support/pool/effects.ts';
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { percentile } from '../standalone/statistics.ts';
import { atOnce, pause, type Phone, phonesOf, userNames } from './phones.ts';
import { busiest, timesOf } from './rounds.ts';

const USERS = 30;
const ROUNDS = 4;
const OVER_MS = 1_000;
const SETTLE_MS = 4_000;
/** Until what it did before has come through. */
const UNDER_WAY_MS = 250;
const FOR_MS = 20_000;

export async function benchFrozen(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: ['store', 'mail'] });
  try {
    const away = new Set<string>();
    const doors = () => pool.servers.filter((it) => !away.has(it.name));
    const doorOf = () => `http://127.0.0.1:${doors()[Math.floor(Math.random() * doors().length)]?.port}`;
    const phones = await phonesOf(pool, pool.users, doorOf);
    const figures: Figure[] = [];
    const late: string[] = [];
    for (const kind of ['frozen', 'cut from the store'] as const) {
      const times: number[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        say(`an owner is ${kind}, ${round + 1} of ${ROUNDS}`);
        const { server, theirs } = await busiest(pool, phones);
        away.add(server.name);
        const began = performance.now();
        if (kind === 'frozen') server.freeze();
        else server.store.always = () => ({ kind: 'silence' });
        times.push(...(await change(theirs)));
        await pause(Math.max(0, began + FOR_MS - performance.now()));
        if (kind === 'frozen') server.thaw();
        else server.store.always = () => undefined;
        await pool.untilHealthy();
        late.push(...(await lateOf(pool.effects, pool, server.name, began + UNDER_WAY_MS)));
        away.clear();
        await atOnce(phones, (phone) => phone.sync());
        await pause(SETTLE_MS);
      }
      figures.push({
        name: `owner ${kind}: its users’ next change answered, p99`,
        value: percentile(times, 0.99) / 1000,
        unit: 's',
        target: { value: 15, is: 'at most' },
        note: `${times.length} changes in ${ROUNDS} rounds, by the doors of the other servers; median ${(percentile(times, 0.5) / 1000).toFixed(1)} s`,
      });
    }
    const name = 'effects of a frozen or cut owner after its successor’s first';
    return [
      ...figures,
      { name, value: late.length, unit: '', target: { value: 0, is: 'at most' }, note: late.join(', ') },
    ];
  } finally {
    await pool.stop();
  }
}

const change = (phones: readonly Phone[]): Promise<readonly number[]> =>
  timesOf(
    phones,
    (phone) => phone.mark(Math.random() < 0.5),
    () => pause(Math.random() * OVER_MS),
  );

/** Whom it has again by then it has by right. */
async function lateOf(effects: readonly Effect[], pool: TestPool, name: string, fromMs: number) {
  const owned = new Set((await pool.owners()).get(name) ?? []);
  const others = effects.filter((it) => !owned.has(it.user));
  return lateEffects(others, name, { fromMs, toMs: performance.now() });
}
