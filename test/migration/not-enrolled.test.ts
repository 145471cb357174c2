// Pools whose users have not all got their homes: nobody is moved, given over or given a first home who may be served there.
import { beforeEach, describe, expect, it } from 'vitest';
import { HomesDesk } from '../../lib/administration/homes-desk.ts';
import { beginFailOver, endFailOver, enrolLost, takeOver, UserMover } from '../../lib/migration/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { HomeMap, type StorePlace } from '../../lib/pool/homes/index.ts';
import { MemoryStore } from '../sync/support/faulty-store.ts';

const GONE = { isGone: true };
const NOT_YET = { code: 'move-not-possible', message: expect.stringMatching(/have not all got their homes/) as string };

let stores: Record<'east' | 'west', MemoryStore>;
let map: HomeMap;
let mover: UserMover;
let parts: Parameters<typeof takeOver>[0];

beforeEach(async () => {
  stores = { east: new MemoryStore(), west: new MemoryStore() };
  const homes = new MemoryStore();
  const openStore = async ({ table }: StorePlace) => stores[table as 'east' | 'west'];
  const platform = { clock: systemClock, random: systemRandom, log: silentLog };
  map = new HomeMap({ near: homes, authority: homes, clock: systemClock });
  mover = new UserMover({ map, openStore, ...platform });
  parts = { map, mover, openStore, ...platform };
  const report = { mailServer: 'mail', users: 0, tenureMs: 1_000 };
  for (const pool of ['east', 'west']) await map.announce(pool, { ...report, url: pool, store: { table: pool } });
});

/** As its servers wrote it down. */
async function has(pool: 'east' | 'west', user: string): Promise<void> {
  const partition = `USER#${user}`;
  await stores[pool].put({ key: { partition, sort: 'OWNER' }, attributes: { session: '', epoch: 3, since: 0 } });
  await stores[pool].put({ key: { partition, sort: 'DEVICE#1' }, attributes: { epoch: 3, version: 1 } });
}

describe.each([
  ['the pool that has the user', 'west'],
  ['the one that is to have the user', 'east'],
] as const)('while it is so of %s', (_, enrolled) => {
  beforeEach(() => map.setEnrolled(enrolled));

  it('a user is not moved', async () => {
    await map.assign('ada', 'east');
    await expect(mover.move('ada', 'west')).rejects.toMatchObject(NOT_YET);
    expect(await map.mustHome('ada')).toMatchObject({ pool: 'east', state: 'here' });
  });

  it('a name without a home may be one of its users', async () => {
    await expect(mover.move('ada', enrolled, { isNew: true })).rejects.toMatchObject(NOT_YET);
    expect(await map.mustHome('ada')).toBeUndefined();
  });
});

describe('a pool that is lost before all its users have their homes', () => {
  it('is not known to serve nobody any more, however long its tenure is over', async () => {
    await expect(beginFailOver(parts, 'east', { isGone: false })).rejects.toMatchObject({ code: 'fail-over-not-safe' });
    await map.setEnrolled('east');
    expect(await beginFailOver(parts, 'east', { isGone: false })).toMatchObject({ waitMs: 1_000 });
  });

  it('gives nobody to a pool that has not given its own users theirs', async () => {
    await has('east', 'ada');
    await map.assign('ada', 'east');
    const { place } = await beginFailOver(parts, 'east', GONE);
    await expect(enrolLost(parts, 'east', 'west')).rejects.toMatchObject(NOT_YET);
    const order = { user: 'ada', from: 'east', to: 'west', term: place.term };
    await expect(takeOver(parts, order)).rejects.toMatchObject(NOT_YET);
    expect(await map.mustHome('ada')).toMatchObject({ pool: 'east', state: 'here' });
  });

  it('gives over everybody, those without a home too; then nobody waits for it any more', async () => {
    await map.setEnrolled('west');
    for (const user of ['ada', 'bob']) await has('east', user);
    await map.assign('ada', 'east');
    const { place } = await beginFailOver(parts, 'east', GONE);
    await enrolLost(parts, 'east', 'west');
    for (const user of ['ada', 'bob']) {
      expect(await map.mustHome(user)).toMatchObject({ pool: 'east' });
    }
    await endFailOver(parts, 'east');
    expect(await mover.place('east')).toMatchObject({ state: 'up', isEnrolled: true, term: place.term });
  });

  it('is not evacuated: some of its users would be left behind', async () => {
    const desk = new HomesDesk({ ...parts, domain: 'example.org' });
    await expect(desk.setEvacuated('east', true)).rejects.toMatchObject(NOT_YET);
    expect(await mover.place('east')).toMatchObject({ isEvacuated: false });
    expect(await desk.setEvacuated('east', false)).toHaveLength(2);
  });
});

it('a name that no pool has served gets a home only where that is meant', async () => {
  for (const pool of ['east', 'west']) await map.setEnrolled(pool);
  for (const [name, options] of [
    ['adda', {}],
    ['', { isNew: true }],
  ] as const) {
    await expect(mover.move(name, 'west', options)).rejects.toMatchObject({ code: 'no-such-user' });
  }
  expect(await map.mustHome('adda')).toBeUndefined();
  expect(await mover.move('adda', 'west', { isNew: true })).toMatchObject({ what: 'given a first home', to: 'west' });
});
