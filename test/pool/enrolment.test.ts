// Users that a pool had before it was given a home map.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { systemClock, silentLog } from '../../lib/platform/index.ts';
import { enrolUsers, HomeMap } from '../../lib/pool/homes/index.ts';
import { SqliteStore } from '../../lib/store/index.ts';

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

async function begin(users: readonly string[]) {
  const [own, homes] = [open('east'), open('homes')];
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
