/** What a home map has to say of a join: told before anything is copied. */
import type { Home } from '../../pool/homes/index.ts';
import type { PoolHomes, PoolSide } from './pool-side.ts';
import { notJoinable } from './refusals.ts';

const ASKED_AT_ONCE = 16;
const SHOWN_USERS = 20;

/** `users`: who is to be handed over. Throws MigrationError, PoolError, StoreError. */
export async function checkHomes(side: PoolSide, users: readonly string[]): Promise<void> {
  const { pool, homes } = side;
  if (homes === undefined) {
    if (!(await side.isOneOfSeveral())) return;
    throw notJoinable('homes-missing', pool, 'it is one of several, and its file has no `homes`', {
      remedy: 'Put the `homes` and the `publicUrl` of its servers into that file: users who join are at home in it.',
    });
  }
  if (users.length === 0) return;
  await checkPlaces(pool, homes, users.length);
  const elsewhere = (await homesOf(homes, users)).filter((it) => it.pool !== pool || it.state !== 'here');
  if (elsewhere.length === 0) return;
  const shown = elsewhere.slice(0, SHOWN_USERS).map((it) => `${it.user} in ${it.pool}`);
  const more = elsewhere.length > SHOWN_USERS ? `, and ${elsewhere.length - SHOWN_USERS} more` : '';
  throw notJoinable('home-elsewhere', pool, `some users are at home in another pool: ${shown.join(', ')}${more}`, {
    remedy:
      'Their devices were told two different states, of which one is kept. Leave them here for now with --skip USER, or move ' +
      'them with `caravan user move USER --pool …` if they are on the way between two pools.',
  });
}

async function checkPlaces(pool: string, homes: PoolHomes, users: number): Promise<void> {
  const places = await homes.places();
  const late = places.filter((it) => !it.isEnrolled).map((it) => it.pool);
  if (late.length > 0) {
    throw notJoinable('homes-not-ready', pool, `the users of ${late.join(', ')} have not all got their homes`, {
      remedy: 'Wait until `caravan pool homes` says that they have, and try again.',
    });
  }
  const place = places.find((it) => it.pool === pool);
  if (place === undefined) {
    throw notJoinable('homes-missing', pool, 'the home map of its file does not know it', {
      remedy: 'Put the `homes` of its servers into that file.',
    });
  }
  if (place.state !== 'up' || place.isEvacuated) {
    throw notJoinable(
      'pool-full',
      pool,
      place.isEvacuated ? 'it is evacuated' : 'its users are being given to others',
      {
        remedy: `Join another pool, or wait; \`caravan pool evacuate ${pool} --reopen\` ends an evacuation.`,
      },
    );
  }
  const { users: served, room } = place;
  if (room === undefined || served + users <= room) return;
  throw notJoinable('pool-full', pool, `it has room for ${room} users, serves ${served}, and ${users} would come`, {
    remedy: 'Give it more room with homes.room, leave some here with --skip USER, or join another pool.',
  });
}

/** Of those who have one. */
async function homesOf(homes: PoolHomes, users: readonly string[]): Promise<readonly Home[]> {
  const left = users.toSorted();
  const found: Home[] = [];
  await Promise.all(
    Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (let user = left.shift(); user !== undefined; user = left.shift()) {
        const home = await homes.home(user);
        if (home !== undefined) found.push(home);
      }
    }),
  );
  return found.toSorted((a, b) => (a.user < b.user ? -1 : 1));
}
