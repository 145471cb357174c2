/** A region is lost: its pool's users are served by another from the replica, which was behind. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../lib/activesync/client/index.ts';
import { compareItems } from '../../lib/migration/index.ts';
import type { DynamoStore } from '../../lib/store/index.ts';
import { Replicator } from '../support/pools/replicator.ts';
import { openStore, SeveralPools, tableOf } from '../support/pools/several-pools.ts';

const INBOX = 2;
/** Of the replica. */
const LAG_MS = 3_000;

describe('a fail-over', () => {
  let pools: SeveralPools;
  let replicator: Replicator;
  let replica: DynamoStore;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    pools = await SeveralPools.start({ users: ['ada', 'bob', 'cem'], pools: { east: {}, west: {} } });
    replica = await openStore(tableOf('west'), pools.pool('east').endpoint);
    await replica.createTable();
    replicator = new Replicator(pools.pool('west').store, replica, LAG_MS);
    closing.push(
      () => replicator.cut().catch(() => undefined),
      () => replica.close(),
    );
  }, 120_000);
  afterAll(async () => {
    for (const close of closing) await close();
    await pools?.stop();
  }, 120_000);

  const deliver = (user: string) =>
    pools.site.dovecot.deliver(user, Buffer.from(`From: x@example.org\r\nTo: ${user}@example.org\r\n\r\nHello.\r\n`));
  const inboxOf = (device: DeviceClient): string => device.folder(INBOX).serverId;
  const series = (device: DeviceClient): string =>
    (device.state.collections[inboxOf(device)]?.syncKey ?? '').replace(/\}.*$/, '');

  async function syncUntil(device: DeviceClient, messages: number): Promise<void> {
    const until = performance.now() + 20_000;
    do await device.syncAll({ collectionId: inboxOf(device) });
    while (device.items(inboxOf(device)).length < messages && performance.now() < until);
    expect(device.items(inboxOf(device))).toHaveLength(messages);
  }

  async function untilReplicated(users: readonly string[]): Promise<void> {
    const { store } = pools.pool('west');
    for (const user of users) {
      const until = performance.now() + 60_000;
      while ((await compareItems(store, replica, user)).length > 0) {
        if (performance.now() > until) throw new Error(`${user} was not replicated`);
        await new Promise((done) => setTimeout(done, 200));
      }
    }
  }

  it('serves devices on with the key that they have; so does one that was told something within the lag', async () => {
    const devices = ['ada', 'bob'].map((user) => pools.device(user, 'west'));
    for (const [position, user] of ['ada', 'bob'].entries()) {
      await deliver(user);
      const device = devices[position] as DeviceClient;
      await device.folderSync();
      await syncUntil(device, 1);
    }
    const [ada, bob] = devices as [DeviceClient, DeviceClient];
    await untilReplicated(['ada', 'bob']);
    // What bob is told now is under way when the region is lost.
    await replicator.cut();
    await deliver('bob');
    await syncUntil(bob, 2);
    await pools.pool('west').lose();

    const notSafe = pools.caravan('east', ['pool', 'fail-over', 'west', '--to', 'east']);
    await expect(notSafe).rejects.toThrow('fail-over-not-safe');
    const lines = await pools.caravan('east', ['pool', 'fail-over', 'west', '--to', 'east', '--gone']);
    expect(lines).toMatchObject([
      { user: 'ada', to: 'east', what: 'moved', epoch: 2 },
      { user: 'bob', to: 'east', what: 'moved', epoch: 2 },
      { pool: 'west', to: 'east', givenOver: 2 },
    ]);
    expect(await pools.homeOf('ada')).toBe('east 2');

    const before = [series(ada), series(bob)];
    for (const [device, user] of [
      [ada, 'ada'],
      [bob, 'bob'],
    ] as const) {
      await deliver(user);
      device.exchange.redirect(pools.pool('east').url);
    }
    await syncUntil(ada, 2);
    await syncUntil(bob, 3);
    expect([series(ada), series(bob)]).toEqual(before);
    expect([ada, bob].map((it) => Object.keys(it.state.collections[inboxOf(it)]?.items ?? {}).length)).toEqual([2, 3]);
    expect((await pools.call('east', 'GET', '/pool/homes')).body['pools']).toMatchObject([
      { pool: 'east', state: 'up', term: 1 },
      { pool: 'west', state: 'up', term: 2 },
    ]);
  }, 120_000);
});
