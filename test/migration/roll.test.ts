// Everybody in the pool, when everybody is to come home: who is on the way here too, and who is in another standalone server's hands not.
import { expect, it } from 'vitest';
import type { PoolSide } from '../../lib/migration/index.ts';
import type { Order } from '../../lib/migration/growth/order.ts';
import { Places } from '../../lib/migration/growth/places.ts';
import { Roll } from '../../lib/migration/growth/roll.ts';
import { systemClock, systemRandom } from '../../lib/platform/index.ts';
import { Custody } from '../../lib/pool/index.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

it('a leave of everybody brings home whom a crash left in this server’s hands', async () => {
  const [own, store] = [new MemoryStore(), new MemoryStore()];
  const custodyOf = (standalone: string) =>
    new Custody({ store, clock: systemClock, random: systemRandom, pool: 'main', standalone });
  const places = new Places(own, systemClock, 'here');
  const session = (user: string, name: string) =>
    store.put({ key: { partition: `USER#${user}`, sort: 'OWNER' }, attributes: { session: name, epoch: 1, since: 0 } });
  await session('cem', 's1');
  await session('dan', '');
  await custodyOf('office').take('ada', 1);
  await custodyOf('branch').take('bob', 1);
  await places.set('ada', { place: 'coming', epoch: 0 });
  await custodyOf('office').take('eve', 1);
  await places.set('eve', { place: 'here', epoch: 1 });
  const order: Order = {
    direction: 'leave',
    phase: 'running',
    file: 'pool.json',
    standalone: 'office',
    isVerified: false,
    users: [],
    isUndo: false,
  };
  const side = { store, custody: custodyOf('office') } as unknown as PoolSide;
  expect(await new Roll({ own, places }).left(order, side)).toEqual(['ada', 'cem', 'dan']);
});
