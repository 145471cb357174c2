/** A pool that has users is given a home map, and becomes one of two: its users stay its own, wherever their devices come first. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../lib/activesync/client/index.ts';
import { SeveralPools } from '../support/pools/several-pools.ts';

const INBOX = 2;

describe('a pool becomes one of several', () => {
  let pools: SeveralPools;
  beforeAll(async () => {
    pools = await SeveralPools.start({
      users: ['ada', 'bob', 'cem', 'dee', 'eve', 'fay'],
      pools: { east: {}, west: {} },
      latencyMs: 5,
      mapComesLater: ['east'],
    });
  }, 120_000);
  afterAll(() => pools?.stop());

  const inboxOf = (device: DeviceClient): string => device.folder(INBOX).serverId;
  const series = (device: DeviceClient): string =>
    (device.state.collections[inboxOf(device)]?.syncKey ?? '').replace(/\}.*$/, '');

  async function begin(user: string, pool: string): Promise<DeviceClient> {
    const device = pools.device(user, pool, { deviceId: `${user}phone`, retry: { attempts: 1 } });
    await device.folderSync();
    await device.syncAll({ collectionId: inboxOf(device) });
    return device;
  }

  const placeOf = async (pool: string) => (await pools.map.places('authority')).find((it) => it.pool === pool);

  async function eventually(fact: () => Promise<boolean>): Promise<void> {
    const until = performance.now() + 60_000;
    while (!(await fact())) {
      if (performance.now() > until) throw new Error('It did not come to be within a minute');
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  it('its users have no homes while it is the only one', async () => {
    for (const user of ['ada', 'bob', 'cem']) await begin(user, 'east');
    for (const user of ['ada', 'bob', 'cem']) expect(await pools.homeOf(user)).toBeUndefined();
  });

  it('while some of its servers do not know of the map, its users are its own, and new ones wait at the other pool', async () => {
    const ada = await begin('ada', 'east');
    await pools.pool('east').bringMap();
    // Whoever is known there is at home there, whichever pool the device comes to.
    const moved = pools.device('ada', 'west', { deviceId: 'adaphone' }, structuredClone(ada.state));
    const before = series(moved);
    await moved.syncAll({ collectionId: inboxOf(moved) });
    expect(series(moved)).toBe(before);
    expect(await pools.homeOf('ada')).toBe('east 1');
    expect(moved.exchange.url).toContain(pools.pool('east').url);
    await expect(begin('dee', 'west')).rejects.toThrow('The server is busy');
    expect(await pools.homeOf('dee')).toBeUndefined();
    expect(await pools.call('west', 'POST', '/pool/users/dee/move', { to: 'west', new: true })).toMatchObject({
      status: 409,
      body: { error: { code: 'move-not-possible' } },
    });
    expect(await pools.call('west', 'POST', '/pool/homes/east/evacuation', { evacuated: true })).toMatchObject({
      status: 409,
    });
  });

  it('and when all of them know of it, everybody has a home, and new users get theirs', async () => {
    await pools.pool('east').endUnaware();
    await eventually(async () => (await placeOf('east'))?.isEnrolled === true);
    for (const user of ['ada', 'bob', 'cem']) expect(await pools.homeOf(user)).toBe('east 1');
    await begin('dee', 'west');
    expect(await pools.homeOf('dee')).toBe('west 1');
  });

  it('a name that no pool has ever served gets a home only where that is meant', async () => {
    expect(await pools.call('west', 'POST', '/pool/users/nobodyatall/move', { to: 'west' })).toMatchObject({
      status: 404,
      body: { error: { code: 'no-such-user' } },
    });
    expect(await pools.homeOf('nobodyatall')).toBeUndefined();
    expect(await pools.caravan('west', ['user', 'move', 'eve', '--pool', 'west', '--new'])).toMatchObject([
      { what: 'given a first home' },
    ]);
  });

  it('and they move with all that their devices were told', async () => {
    const cem = await begin('cem', 'east');
    const before = series(cem);
    const lines = await pools.caravan('west', ['pool', 'evacuate', 'east', '--pace', '1000']);
    expect(lines).toMatchObject([
      ...['ada', 'bob', 'cem'].map((user) => ({ user, from: 'east', to: 'west', what: 'moved' })),
      { pool: 'east', evacuated: 3 },
    ]);
    await cem.syncAll({ collectionId: inboxOf(cem) });
    expect(series(cem)).toBe(before);
    expect(await pools.caravan('west', ['pool', 'evacuate', 'east'])).toEqual([{ pool: 'east', evacuated: 0 }]);
  });
});
