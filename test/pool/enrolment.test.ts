// Users that a pool had before it was given a home map.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock, systemRandom, silentLog } from '../../lib/platform/index.ts';
import { Enrolment, enrolUsers, HomeMap } from '../../lib/pool/homes/index.ts';
import { SqliteStore, type Store } from '../../lib/store/index.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

let directory: string;
const stores: SqliteStore[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'caravan-enrolment-'));
});
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  rmSync(directory, { recursive: true });
});

function open(name: string): SqliteStore {
  const store = new SqliteStore({ file: join(directory, `${name}.db`) });
  stores.push(store);
  return store;
}

async function begin(users: readonly string[], openStore: (name: string) => Store = open) {
  const [own, homes] = [openStore('east'), openStore('homes')];
  const map = new HomeMap({ near: homes, authority: homes, clock: systemClock });
  await map.announce('east', { url: 'east', mailServer: 'mail', users: 0, store: { table: 'east' } });
  for (const user of users) {
    const partition = `USER#${user}`;
    await own.put({ key: { partition, sort: 'OWNER' }, attributes: { session: 's', epoch: 3, since: 0 } });
    await own.put({ key: { partition, sort: 'DEVICE#1' }, attributes: { epoch: 3, version: 1 } });
  }
  const homeOf = async (user: string) => (await map.mustHome(user))?.pool;
  return { own, map, homeOf, parts: { map, pool: 'east', store: own, clock: systemClock, log: silentLog } };
}

it('each gets a home there, of several servers at once, and again after one that broke off', async () => {
  const users = Array.from({ length: 60 }, (_, number) => `u${number}`);
  const { map, homeOf, parts } = await begin(users);
  await map.assign('u7', 'east');
  const [first, second] = await Promise.all([enrolUsers(parts), enrolUsers(parts)]);
  expect([first, second]).toEqual([
    { users: 60, conflicts: [] },
    { users: 60, conflicts: [] },
  ]);
  for (const user of users) expect(await homeOf(user)).toBe('east');
  expect((await map.places('authority'))[0]).toMatchObject({ enrolledUsers: 60, isEnrolled: false });
});

it('who is at home in another pool that had the user too stays there, and is told; not who moved there from here', async () => {
  const { own, map, homeOf, parts } = await begin(['ada', 'bob', 'cem']);
  await map.assign('bob', 'west');
  await map.assign('cem', 'west');
  const key = { partition: 'USER#cem', sort: 'OWNER' };
  await own.put({ key, attributes: { session: '', epoch: 4, since: 0, closed: 1 } });
  expect(await enrolUsers(parts)).toEqual({ users: 1, conflicts: ['bob'] });
  expect(await homeOf('bob')).toBe('west');
  expect((await map.places('authority'))[0]?.conflicts).toEqual(['bob']);
});

/** A pool with one user, ada, and its servers as they stand in its store. */
async function enrolling() {
  const { own, map, homeOf, parts } = await begin(['ada'], () => new MemoryStore());
  const clock = new ManualClock();
  const ending = new AbortController();
  const server = (session: string, attributes: Readonly<Record<string, string | boolean>>) =>
    own.put({
      key: { partition: 'POOL#east', sort: `SERVER#${session}` },
      attributes: { status: 'up', ...attributes },
    });
  const claim = async (user: string) => {
    const key = { partition: `USER#${user}`, sort: 'OWNER' };
    await own.put({ key, attributes: { session: 'old', epoch: 1, since: 0 } });
  };
  const start = (session: string) =>
    new Enrolment({ ...parts, clock, random: systemRandom, session: () => session, signal: ending.signal }).start();
  const place = async () => (await map.places('authority'))[0];
  const later = async () => {
    for (let second = 0; second < 12; second++) await clock.advance(1_000);
  };
  return { map, homeOf, server, claim, start, place, later, stop: () => ending.abort() };
}

it('it is done once no server is left that does not know of the map, and by a reading from after that', async () => {
  const { homeOf, server, claim, start, place, later, stop } = await enrolling();
  await server('old', { address: 'old:1' });
  await server('new', { address: 'new:1', hasHomes: true });
  await start('new');
  await later();
  expect(await homeOf('ada')).toBe('east');
  expect(await place()).toMatchObject({ isEnrolled: false });
  await claim('bob');
  await server('old', { address: 'old:1', status: 'left' });
  await later();
  expect(await place()).toMatchObject({ isEnrolled: true, enrolledUsers: 2 });
  expect(await homeOf('bob')).toBe('east');
  stop();
});

it('a standalone server that is linked is none of its servers, and one server does it at a time', async () => {
  const { homeOf, server, start, place, later, stop } = await enrolling();
  await server('link', { address: 'link:1', standalone: 'office' });
  await server('a', { address: 'a:1', hasHomes: true });
  await server('b', { address: 'b:1', hasHomes: true });
  await start('b');
  await later();
  expect(await homeOf('ada')).toBeUndefined();
  await start('a');
  await later();
  expect(await homeOf('ada')).toBe('east');
  expect(await place()).toMatchObject({ isEnrolled: true });
  stop();
});

it('nothing is done for a pool whose users are being given to others', async () => {
  const { map, homeOf, server, start, place, later, stop } = await enrolling();
  await server('a', { address: 'a:1', hasHomes: true });
  const east = await place();
  if (!east) throw new Error('no place');
  const failing = await map.beginFailOver(east);
  await start('a');
  await later();
  expect(await homeOf('ada')).toBeUndefined();
  await map.endFailOver(failing);
  await later();
  expect(await homeOf('ada')).toBe('east');
  stop();
});
