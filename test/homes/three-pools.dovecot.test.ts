/**
 * Three pools, 80, 140 and 200 ms there and back from each other: devices come to any of them, users move, a region is cut off from
 * the others and comes back, one is emptied, and one is failed over while it is cut off, from a replica that is so many seconds
 * behind. At the end every device has what its mailbox has, and none began again, not even one that was told something
 * within the lag. `npm run test:faults` has the longer lags.
 */
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeviceClient } from '../../lib/activesync/client/index.ts';
import { compareItems } from '../../lib/migration/index.ts';
import type { DynamoStore } from '../../lib/store/index.ts';
import { Replicator } from '../support/pools/replicator.ts';
import { openStore, SeveralPools, tableOf } from '../support/pools/several-pools.ts';

const INBOX = 2;
const LAGS_SECONDS = process.env['CARAVAN_FAULT_SIZE'] === 'full' ? [0, 3, 12, 30] : [3];
const USERS = ['ada', 'bob', 'cem', 'dan', 'eve', 'fay'] as const;
type User = (typeof USERS)[number];

interface Phone {
  readonly user: User;
  readonly device: DeviceClient;
  /** Of its Inbox, as it was last seen. */
  series: string;
  resyncs: number;
}

describe('three pools', () => {
  let pools: SeveralPools;
  let replica: DynamoStore;
  const phones = new Map<string, Phone>();
  const mail = new Map<User, string[]>(USERS.map((user) => [user, []]));

  beforeAll(async () => {
    pools = await SeveralPools.start({
      users: USERS,
      pools: { north: {}, west: { 'homes-tenure-seconds': '10' }, south: {} },
      latencyMs: { north: 40, west: 70, south: 100 },
      servers: 1,
    });
    // The table of west, where north is.
    replica = await openStore(tableOf('west'), pools.pool('north').endpoint);
    await replica.createTable();
  }, 120_000);
  afterAll(async () => {
    await replica?.close();
    await pools?.stop();
  }, 120_000);

  async function deliver(user: User): Promise<void> {
    const subjects = mail.get(user) ?? [];
    subjects.push(`${user} ${subjects.length + 1}`);
    const raw = `From: x@example.org\r\nTo: ${user}@example.org\r\nSubject: ${subjects.at(-1)}\r\n\r\nHello.\r\n`;
    await pools.site.dovecot.deliver(user, Buffer.from(raw));
  }

  const phone = (name: string): Phone => {
    const found = phones.get(name);
    if (!found) throw new Error(`no phone ${name}`);
    return found;
  };
  const inboxOf = ({ device }: Phone): string => device.folder(INBOX).serverId;
  const seriesOf = (it: Phone): string =>
    (it.device.state.collections[inboxOf(it)]?.syncKey ?? '').replace(/\}.*$/, '');
  const subjectsOn = (it: Phone): readonly string[] =>
    it.device.items(inboxOf(it)).map(({ data }) => data['Email:Subject'] as string);

  /** A phone that is near to that pool, and comes to it first. */
  async function begin(name: string, user: User, pool: string, version?: '12.1'): Promise<void> {
    const device = pools.device(user, pool, { url: pools.pool(pool).localUrl, ...(version && { version }) });
    const it: Phone = { user, device, series: '', resyncs: 0 };
    phones.set(name, it);
    await device.folderSync();
    await device.syncAll({ collectionId: inboxOf(it) });
    it.series = seriesOf(it);
  }

  /** Until it has what the mailbox has. */
  async function goesOn(name: string): Promise<void> {
    const it = phone(name);
    const wanted = mail.get(it.user) ?? [];
    const until = performance.now() + 40_000;
    do await it.device.syncAll({ collectionId: inboxOf(it) });
    while (subjectsOn(it).length < wanted.length && performance.now() < until);
    expect(subjectsOn(it).toSorted(), name).toEqual(wanted.toSorted());
    if (seriesOf(it) === it.series) return;
    it.resyncs += 1;
    it.series = seriesOf(it);
  }

  const resyncs = () => Object.fromEntries([...phones].map(([name, it]) => [name, it.resyncs]));
  const isAt = (name: string, pool: string) =>
    [pools.pool(pool).url, pools.pool(pool).localUrl].some((it) => phone(name).device.exchange.url.startsWith(it));
  const goHome = (name: string, pool: string) => phone(name).device.exchange.redirect(pools.pool(pool).localUrl);

  /** What goes on, and whether it has ended. */
  const underWay = (task: Promise<void>) => {
    const state = { isOver: false, ended: task.finally(() => (state.isOver = true)) };
    state.ended.catch(() => undefined);
    return state;
  };
  const move = (user: User, to: string, at: string) => pools.call(at, 'POST', `/pool/users/${user}/move`, { to });

  it('give users a home where they come first; at the others their phones are sent there, or passed on', async () => {
    for (const user of USERS) await deliver(user);
    for (const [user, pool] of [
      ['ada', 'north'],
      ['bob', 'south'],
      ['cem', 'south'],
      ['dan', 'west'],
      ['eve', 'west'],
    ] as const) {
      await begin(user, user, pool);
      expect(await pools.homeOf(user)).toBe(`${pool} 1`);
    }
    await begin('ada far', 'ada', 'south');
    await begin('bob old', 'bob', 'north', '12.1');
    await begin('dan far', 'dan', 'south');
    expect(isAt('ada far', 'north')).toBe(true);
    expect(isAt('bob old', 'north')).toBe(true);
    expect(isAt('dan far', 'west')).toBe(true);
    for (const name of phones.keys()) await goesOn(name);
  }, 120_000);

  it('one that is cut off from the others serves on whom it has, and nobody new; once healed all are where they belong', async () => {
    const south = pools.pool('south');
    south.isolate();
    await deliver('bob');
    await goesOn('bob');
    // One that is new, and one that is passed on to beyond the cut.
    const waiting = [underWay(begin('fay', 'fay', 'south'))];
    await deliver('bob');
    waiting.push(underWay(goesOn('bob old')));
    expect(await move('bob', 'north', 'south')).toMatchObject({ body: { error: { code: 'homes-unavailable' } } });
    // The others still reach its store, and take a user: what it knew of the user counts no more, whatever it hears.
    expect(await move('cem', 'north', 'north')).toMatchObject({ status: 200, body: { what: 'moved', epoch: 2 } });
    await deliver('cem');
    waiting.push(underWay(goesOn('cem')));
    await setTimeout(1_000);
    expect(await pools.homeOf('fay')).toBeUndefined();
    expect(waiting.map(({ isOver }) => isOver)).toEqual([false, false, false]);
    south.heal();
    for (const { ended } of waiting) await ended;
    expect(isAt('cem', 'north')).toBe(true);
    expect(await pools.homeOf('fay')).toBe('south 1');
    for (const name of phones.keys()) await goesOn(name);
    expect(await pools.homeOf('bob')).toBe('south 1');
  }, 180_000);

  it('one is emptied, and its phones go on elsewhere', async () => {
    const moved = await pools.caravan('north', ['pool', 'evacuate', 'south', '--to', 'north', '--pace', '1000']);
    expect(moved).toMatchObject([
      ...['bob', 'fay'].map((user) => ({ user, from: 'south', to: 'north', what: 'moved' })),
      { pool: 'south', evacuated: 2 },
    ]);
    for (const user of ['bob', 'fay'] as const) await deliver(user);
    for (const name of phones.keys()) await goesOn(name);
    expect(isAt('bob', 'north')).toBe(true);
    expect(Object.values(resyncs()).every((it) => it === 0)).toBe(true);
  }, 120_000);

  it.each(LAGS_SECONDS)(
    'one that is cut off is failed over from a replica that is %d s behind, and comes back',
    async (lagSeconds) => {
      for (const user of ['dan', 'eve'] as const) {
        await move(user, 'west', 'north');
        await deliver(user);
      }
      for (const name of ['dan', 'dan far', 'eve']) await goesOn(name);
      const before = resyncs();
      const { store } = pools.pool('west');
      const replicator = new Replicator(store, replica, lagSeconds * 1000);
      const isReplicated = async (user: User) => (await compareItems(store, replica, user)).length === 0;
      const untilReplicated = (user: User) =>
        expect.poll(() => isReplicated(user), { timeout: 90_000, interval: 200 }).toBe(true);
      for (const user of ['dan', 'eve'] as const) await untilReplicated(user);
      // Told within the lag: two answers, of which the replica has neither.
      for (let answer = 0; answer < 2; answer++) {
        await deliver('eve');
        await goesOn('eve');
      }
      if (lagSeconds === 0) await untilReplicated('eve');
      await replicator.cut();
      expect(await isReplicated('eve')).toBe(lagSeconds === 0);
      pools.pool('west').isolate();
      const lines = await pools.caravan('north', ['pool', 'fail-over', 'west', '--to', 'north']);
      expect(lines).toMatchObject([
        { waitMs: 10_000 },
        { user: 'dan', to: 'north', what: 'moved' },
        { user: 'eve', to: 'north', what: 'moved' },
        { pool: 'west', to: 'north', givenOver: 2 },
      ]);
      for (const user of ['dan', 'eve'] as const) await deliver(user);
      // Beyond its tenure the pool that is cut off serves nobody: who comes there waits, and goes on when it can send them on.
      const waiting = ['dan', 'eve'].map((name) => underWay(goesOn(name)));
      goHome('dan far', 'north');
      await goesOn('dan far');
      expect(waiting.map(({ isOver }) => isOver)).toEqual([false, false]);
      pools.pool('west').heal();
      for (const { ended } of waiting) await ended;
      for (const name of ['dan', 'eve']) expect(isAt(name, 'north')).toBe(true);
      expect(resyncs()).toEqual(before);
    },
    240_000,
  );

  it('at the end every phone has what its mailbox has, and none began again', async () => {
    for (const user of USERS) await deliver(user);
    for (const name of phones.keys()) await goesOn(name);
    expect(Object.values(resyncs()).every((it) => it === 0)).toBe(true);
    for (const user of USERS) expect(await pools.homeOf(user)).toMatch(/^north /);
  }, 120_000);
});
