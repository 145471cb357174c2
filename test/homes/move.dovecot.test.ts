/** Users move between two pools with everything that their devices were told: not one of these begins again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../lib/activesync/client/index.ts';
import { SeveralPools } from '../support/pools/several-pools.ts';

const INBOX = 2;
const USERS = ['ada', 'bob', 'cem', 'dee', 'eve', 'fay'];

describe('a move from pool to pool', () => {
  let pools: SeveralPools;
  beforeAll(async () => {
    pools = await SeveralPools.start({ users: USERS, pools: { east: {}, west: {} } });
  }, 120_000);
  afterAll(() => pools?.stop());

  const deliver = (user: string, subject: string) =>
    pools.site.dovecot.deliver(
      user,
      Buffer.from(`From: x@example.org\r\nTo: ${user}@example.org\r\nSubject: ${subject}\r\n\r\nHello.\r\n`),
    );

  async function begin(user: string, pool: string, version?: '12.1'): Promise<DeviceClient> {
    const device = pools.device(user, pool, version && { version });
    await device.folderSync();
    await device.syncAll({ collectionId: inboxOf(device) });
    return device;
  }

  const inboxOf = (device: DeviceClient): string => device.folder(INBOX).serverId;
  const series = (device: DeviceClient): string =>
    (device.state.collections[inboxOf(device)]?.syncKey ?? '').replace(/\}.*$/, '');
  /** The same series of sync keys: the collection did not begin again. */
  async function goesOn(device: DeviceClient, messages: number): Promise<void> {
    const before = series(device);
    expect(before).toMatch(/^\{.+/);
    // What has just come need not be seen at once.
    const until = performance.now() + 20_000;
    do await device.syncAll({ collectionId: inboxOf(device) });
    while (device.items(inboxOf(device)).length < messages && performance.now() < until);
    expect(series(device)).toBe(before);
    expect(device.items(inboxOf(device))).toHaveLength(messages);
  }

  const stateOf = async (pool: string) => {
    const { pools: all } = (await pools.call('east', 'GET', '/pool/homes')).body;
    return (all as readonly { readonly pool: string; readonly state: string }[]).find((it) => it.pool === pool)?.state;
  };
  const move = (user: string, to: string, at = 'east') => pools.call(at, 'POST', `/pool/users/${user}/move`, { to });

  it('takes every sync key along, and the device is sent to the new home', async () => {
    await deliver('ada', 'one');
    const device = await begin('ada', 'east');
    const { status, body } = await move('ada', 'west');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { what: 'moved', from: 'east', to: 'west', epoch: 2 },
    });
    expect(await pools.homeOf('ada')).toBe('west 2');
    await deliver('ada', 'two');
    await goesOn(device, 2);
    expect(device.exchange.url).toContain(pools.pool('west').url);
    expect(await move('ada', 'west')).toMatchObject({ status: 200, body: { what: 'nothing' } });
  });

  it('and back again, asked of the other pool; a device that is passed on goes on too', async () => {
    const device = await begin('bob', 'east');
    const old = await begin('bob', 'east', '12.1');
    for (const to of ['west', 'east', 'west']) {
      expect(await move('bob', to, 'west')).toMatchObject({ status: 200, body: { what: 'moved' } });
      await deliver('bob', to);
    }
    await goesOn(device, 3);
    await goesOn(old, 3);
    expect(old.exchange.url).toContain(pools.pool('east').url);
  });

  it('while the device waits and works: a held Ping is answered, no command fails, nothing comes twice', async () => {
    const device = await begin('cem', 'east');
    const inbox = inboxOf(device);
    const ping = device.ping({ heartbeatSeconds: 120, folders: [{ id: inbox, itemClass: 'Email' }] });
    await new Promise((done) => setTimeout(done, 500));
    const state = { isMoving: true };
    const moving = move('cem', 'west').finally(() => {
      state.isMoving = false;
    });
    const busy = await begin('cem', 'east');
    let delivered = 0;
    while (state.isMoving) {
      await deliver('cem', `mail ${++delivered}`);
      await busy.syncAll({ collectionId: inbox });
    }
    expect(await moving).toMatchObject({ status: 200, body: { what: 'moved' } });
    expect([1, 2]).toContain((await ping).status);
    await deliver('cem', 'last');
    await goesOn(busy, delivered + 1);
    await goesOn(device, delivered + 1);
  });

  it('to a pool that nobody knows, or out of another move, is refused, and changes nothing', async () => {
    await begin('dee', 'east');
    expect(await move('dee', 'north')).toMatchObject({ status: 404, body: { error: { code: 'pool-unknown' } } });
    const read = await pools.map.home('dee', 'authority');
    const home = read.ok && read.value;
    if (!home) throw new Error('dee has no home');
    await pools.map.beginMove(home, 'north');
    expect(await move('dee', 'west')).toMatchObject({ status: 409, body: { error: { code: 'move-not-possible' } } });
    expect(await move('dee', 'east')).toMatchObject({ status: 200, body: { what: 'called off', epoch: 2 } });
    expect(await pools.homeOf('dee')).toBe('east 2');
    await begin('dee', 'east');
  });

  it('of everybody empties a pool', async () => {
    expect((await pools.call('east', 'GET', '/pool/homes/west')).body['users']).toEqual(['ada', 'bob', 'cem']);
    const lines = await pools.caravan('west', ['pool', 'evacuate', 'west', '--pace', '1000']);
    expect(lines).toMatchObject([
      ...['ada', 'bob', 'cem'].map((user) => ({ user, from: 'west', to: 'east', what: 'moved' })),
      { pool: 'west', evacuated: 3 },
    ]);
    expect((await pools.call('east', 'GET', '/pool/homes/west')).body['users']).toEqual([]);
    expect(await stateOf('west')).toBe('evacuated');
  });

  it('and nobody new comes to it, until it takes users again', async () => {
    await begin('eve', 'west');
    expect(await pools.homeOf('eve')).toBe('east 1');
    expect(await move('eve', 'west')).toMatchObject({
      status: 409,
      body: { error: { code: 'move-not-possible' } },
    });
    await pools.caravan('east', ['pool', 'evacuate', 'west', '--reopen']);
    expect(await stateOf('west')).toBe('up');
    await begin('fay', 'west');
    expect(await pools.homeOf('fay')).toBe('west 1');
  });
});
