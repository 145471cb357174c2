// A hand-over to the pool that ended here, before a crash, and of which the pool was not told: the next request tells it.
import { beforeEach, expect, it } from 'vitest';
import { Places } from '../../lib/migration/index.ts';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import { Custody, type Location, type Member } from '../../lib/pool/index.ts';
import { seenFrom } from '../../lib/server/growth/growing-road.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

const NOWHERE = { kind: 'nowhere' } as unknown as Location;
const THERE = { kind: 'there' } as unknown as Location;

let parts: ConstructorParameters<typeof Custody>[0];
let custody: Custody;
let places: Places;
let seen: Member;

beforeEach(async () => {
  const store = new MemoryStore();
  parts = { store, clock: systemClock, random: systemRandom, pool: 'main', standalone: 'office' };
  custody = new Custody(parts);
  places = new Places(new MemoryStore(), systemClock, 'here');
  // Whom a standalone server has in its hands nobody in the pool may claim.
  const locate = async (user: string) => (custody.has(await custody.owner(user)) ? NOWHERE : THERE);
  seen = seenFrom(places, custody, systemClock, { locate } as unknown as Member);
  await custody.take('ada', 1);
});

it('a user whom this server has given to the pool is served there at the next request', async () => {
  await places.set('ada', { place: 'pool', epoch: 1 });
  expect(await seen.locate('ada')).toBe(THERE);
  expect(custody.has(await custody.owner('ada'))).toBe(false);
});

it('one who was called back since the pool was asked stays in its hands', async () => {
  await places.set('ada', { place: 'pool', epoch: 1 });
  const owner = custody.owner.bind(custody);
  const releaseAsRead = custody.releaseAsRead.bind(custody);
  let asked = 0;
  custody.owner = async (user) => {
    const read = await owner(user);
    // The member's own question was the first.
    if (++asked === 2) await new Custody(parts).call(user, new AbortController().signal);
    return read;
  };
  custody.releaseAsRead = async (read) => {
    await releaseAsRead(read);
    await places.set('ada', { place: 'here', epoch: 2 });
  };
  expect(await seen.locate('ada')).toMatchObject({ kind: 'mine' });
  expect(custody.has(await owner('ada'))).toBe(true);
});
