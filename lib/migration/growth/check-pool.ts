/** Everything that can be known beforehand of why a pool cannot take users: told before anything is copied. */
import type { Custody, ServerSession } from '../../pool/index.ts';
import { MigrationError } from '../errors.ts';
import { checkHomes } from './check-homes.ts';
import type { PoolSide } from './pool-side.ts';
import { notJoinable } from './refusals.ts';

const ASKED_AT_ONCE = 16;
const SHOWN_USERS = 20;

export interface Joining {
  readonly standalone: string;
  readonly build: string;
  /** Who is to be handed over; none for a server that only takes. */
  readonly users: readonly string[];
}

/** Throws MigrationError, StoreError, PoolError. */
export async function checkPool(pool: PoolSide, joining: Joining): Promise<void> {
  const live = (await pool.servers()).filter((it) => it.status === 'up' || it.status === 'draining');
  const servers = live.filter((it) => it.standalone === undefined);
  checkServers(pool.pool, servers, joining);
  await checkKey(pool, servers);
  if (pool.otherMail !== undefined) {
    throw notJoinable('other-mail-system', pool.pool, `its mail system is another: ${pool.otherMail}`, {
      remedy: "A pool has one mail system for all its users: give the pool's file and this server the same `mail`.",
    });
  }
  if (live.some((it) => it.standalone === joining.standalone)) {
    throw notJoinable(
      'name-taken',
      pool.pool,
      `a standalone server named ${joining.standalone} is linked to it already`,
      {
        remedy: 'Give this one another name with --name.',
      },
    );
  }
  await checkNewcomers(pool, joining);
  // The last: it may be otherwise in a minute.
  if (joining.users.length > 0) checkRoom(pool.pool, servers);
}

/** More of them, of a server that is linked already. Throws MigrationError, StoreError, PoolError. */
export async function checkNewcomers(pool: PoolSide, joining: Pick<Joining, 'users' | 'standalone'>): Promise<void> {
  await checkUsers(pool, joining);
  await checkHomes(pool, joining.users);
}

function checkServers(pool: string, servers: readonly ServerSession[], { build }: Joining): void {
  if (servers.length === 0) {
    throw notJoinable('pool-not-up', pool, 'none of its servers is up', {
      remedy: 'Start the pool, and check `store` and `pool.name` in its file.',
    });
  }
  const other = servers.find((it) => it.build !== build);
  if (other) {
    throw notJoinable(
      'other-build',
      pool,
      `its server ${other.address} is of build ${other.build}, and this one of ${build}`,
      {
        remedy: 'Bring the pool and this server to one build first: state of one build is not for another to read.',
      },
    );
  }
}

function checkRoom(pool: string, servers: readonly ServerSession[]): void {
  if (servers.some((it) => it.status === 'up' && it.available && it.constrained === undefined)) return;
  const reasons = servers.map((it) => `${it.address}: ${it.constrained ?? (it.available ? it.status : 'taken out')}`);
  throw notJoinable('pool-full', pool, `no server of it takes users (${reasons.join('; ')})`, {
    remedy:
      'Add servers to the pool (`caravan pool show` tells how full each is), or make one available, and try again.',
  });
}

async function checkKey(pool: PoolSide, servers: readonly ServerSession[]): Promise<void> {
  const answers = await Promise.all(servers.map((it) => pool.hasOurKey(it)));
  if (answers.includes(false)) {
    throw notJoinable('wrong-pool-key', pool.pool, 'its servers have another pool key than its file', {
      remedy: "Put the pool's own key into `pool.key` or `pool.keyFile` of that file.",
    });
  }
  if (answers.includes(true)) return;
  throw notJoinable(
    'pool-not-up',
    pool.pool,
    `none of its servers can be reached from here (${servers.map((it) => it.address).join(', ')})`,
    { remedy: "Let this machine reach the pool's servers at these addresses, and them this machine at `pool.peer`." },
  );
}

async function checkUsers(
  { pool, custody }: PoolSide,
  { users, standalone }: Pick<Joining, 'users' | 'standalone'>,
): Promise<void> {
  const conflicts = await conflictsOf(custody, users);
  if (conflicts.length === 0) return;
  const shown = conflicts.slice(0, SHOWN_USERS).join(', ');
  const more = conflicts.length > SHOWN_USERS ? `, and ${conflicts.length - SHOWN_USERS} more` : '';
  throw notJoinable('user-conflict', pool, `it has users that ${standalone} has too: ${shown}${more}`, {
    remedy:
      'Their devices were told two different states, of which one server can keep one. Leave them here for now with ' +
      '--skip USER, or remove on one side what is not wanted.',
  });
}

async function conflictsOf(custody: Custody, users: readonly string[]): Promise<readonly string[]> {
  const left = [...users];
  const found: string[] = [];
  await Promise.all(
    Array.from({ length: ASKED_AT_ONCE }, async () => {
      for (let user = left.shift(); user !== undefined; user = left.shift()) {
        const owner = await custody.owner(user);
        if (owner !== undefined && !custody.has(owner)) found.push(user);
      }
    }),
  );
  return found.toSorted();
}

/** Throws MigrationError('no-such-user'). */
export async function checkTheyAreThere({ pool, custody }: PoolSide, users: readonly string[]): Promise<void> {
  for (const user of users) {
    if ((await custody.owner(user)) !== undefined) continue;
    throw new MigrationError('no-such-user', `The pool ${pool} has no user ${user}`, {
      why: 'no device of theirs has ever been served by it',
      remedy: '`caravan pool user NAME` tells who is known.',
    });
  }
}
