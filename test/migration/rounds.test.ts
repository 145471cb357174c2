// Round after round until nobody is left: what of a user is remembered from one to the next.
import { expect, it } from 'vitest';
import { MigrationError, type PoolHomes, type PoolSide } from '../../lib/migration/index.ts';
import type { Order } from '../../lib/migration/growth/order.ts';
import { Places } from '../../lib/migration/growth/places.ts';
import type { Roll } from '../../lib/migration/growth/roll.ts';
import { Rounds } from '../../lib/migration/growth/rounds.ts';
import { silentLog, systemRandom } from '../../lib/platform/index.ts';
import { Custody } from '../../lib/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

const ORDER: Order = {
  direction: 'join',
  phase: 'running',
  isUndo: false,
  isVerified: false,
  standalone: 'office',
  file: 'pool.json',
  users: [],
};

const DEVICE = { partition: 'USER#ada', sort: 'DEVICE#x' };

class SlowWay extends MemoryStore {
  readonly #isSlow: () => boolean;
  constructor(isSlow: () => boolean) {
    super();
    this.#isSlow = isSlow;
  }

  override async put(...all: Parameters<MemoryStore['put']>) {
    while (this.#isSlow()) await new Promise((done) => setImmediate(done));
    return super.put(...all);
  }
}

/** A join, round after round; `give`, where it is one of several pools, is asked first for each user. */
async function begin(give: PoolHomes['give'] | undefined, left: () => readonly string[]) {
  const [clock, own] = [new ManualClock(), new MemoryStore()];
  const places = new Places(own, clock, 'here');
  // Where no homes are asked about, the way to the pool is as long as requests wait.
  const store = give === undefined ? new SlowWay(() => places.held('ada') !== undefined) : new MemoryStore();
  const custody = new Custody({ store, clock, random: systemRandom, pool: 'main', standalone: 'office' });
  const homes = give && { pool: 'main', places: async () => [], home: async () => undefined, give };
  const side = { pool: 'main', store, custody, homes, prepare: async () => undefined } as unknown as PoolSide;
  const done: string[] = [];
  const rounds = new Rounds({
    own,
    places,
    clock,
    random: systemRandom,
    log: silentLog,
    finish: async () => {
      if (places.held('ada')) await own.put({ key: DEVICE, attributes: { version: clock.now() } });
      return true;
    },
    lose: async () => {},
    roll: { left: async () => [...left()], arrived: () => [] } as unknown as Roll,
    onDone: async () => void done.push('done'),
    ending: new AbortController().signal,
  });
  rounds.begin(ORDER, side);
  return { clock, rounds, done, places };
}

it('a user of a pool that is one of several is given a home in it, and one who cannot be handed over is told until that is over', async () => {
  const asked: string[] = [];
  let left = ['ada', 'bob'];
  const give: PoolHomes['give'] = async (user) => {
    asked.push(user);
    if (user === 'bob') throw new MigrationError('copy-failed', 'bob was not handed over', { why: 'not now' });
    return { user, pool: 'main', epoch: 1, state: 'here', since: 0 };
  };
  const { clock, rounds, done } = await begin(give, () => left);
  await clock.advance(500);
  expect(asked.slice(0, 2)).toEqual(['ada', 'bob']);
  expect([...rounds.troubles.keys()]).toEqual(['bob']);
  expect(rounds.moved).toBe(1);
  // Bob is left out of it now.
  left = [];
  for (let second = 0; second < 5; second++) await clock.advance(1_000);
  expect([...rounds.troubles.keys()]).toEqual([]);
  expect(done).toEqual(['done']);
});

it('a last copy that takes too long may take twice as long the next time, 16 s at the most', async () => {
  const { clock, rounds, places } = await begin(undefined, () => ['ada']);
  const said: string[] = [];
  for (let step = 0; step < 400 && said.length < 6; step++) {
    await clock.advance(250);
    const why = rounds.troubles.get('ada');
    if (why !== undefined) said.push(/\d+ ms/.exec(why)?.[0] ?? why);
    rounds.troubles.clear();
  }
  expect(said).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000].map((ms) => `${ms} ms`));
  expect(places.isHere('ada')).toBe(true);
});
