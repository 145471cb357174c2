/** A fourth server joins: how soon it has its share, how many users moved for it, and how often. */
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { pause, phonesOf, userNames } from './phones.ts';

const USERS = 96;
const WITHIN_MS = 300_000;
const LOOK_MS = 1_000;
/** So long after they are even nobody may move either. */
const AFTER_MS = 20_000;
const TENTH = 0.1;

export async function benchJoins(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ spare: 1, users: userNames(USERS), store: 'embedded', wires: [] });
  try {
    await phonesOf(pool, pool.users, () => pool.url);
    const before = await ownersOf(pool);
    say(`users before: ${counts(before).join(', ')}; a fourth server joins`);
    const joinedMs = performance.now();
    await pool.launch();
    const moves = new Map<string, number>();
    let last = before;
    const look = async () => {
      const now = await ownersOf(pool);
      for (const [user, owner] of now) if (owner !== last.get(user)) moves.set(user, (moves.get(user) ?? 0) + 1);
      last = now;
    };
    let evenMs: number | undefined;
    while (performance.now() < joinedMs + WITHIN_MS && evenMs === undefined) {
      await pause(LOOK_MS);
      await look();
      if (isEven(counts(last))) evenMs = performance.now() - joinedMs;
    }
    const atEnd = performance.now() + AFTER_MS;
    while (performance.now() < atEnd) {
      await pause(LOOK_MS);
      await look();
    }
    return [
      {
        name: 'a fourth server joins: until users are even within 10 %',
        value: (evenMs ?? Number.POSITIVE_INFINITY) / 1000,
        unit: 's',
        target: { value: WITHIN_MS / 1000, is: 'at most' },
        note: `${USERS} users: ${counts(before).join(', ')} before, ${counts(last).join(', ')} after`,
      },
      {
        name: 'a fourth server joins: users moved',
        value: moves.size / USERS,
        unit: 'of all',
        target: { value: 0.25, is: 'at most' },
      },
      {
        name: 'a fourth server joins: most moves of one user',
        value: Math.max(0, ...moves.values()),
        unit: '',
        target: { value: 1, is: 'at most' },
      },
    ];
  } finally {
    await pool.stop();
  }
}

async function ownersOf(pool: TestPool): Promise<ReadonlyMap<string, string>> {
  const owners = await pool.owners();
  const all = [...owners].flatMap(([server, users]) => users.map((user) => [user, server] as const));
  return new Map(all);
}

function counts(owners: ReadonlyMap<string, string>): readonly number[] {
  const names = [...new Set(owners.values())].toSorted();
  return names.map((name) => [...owners.values()].filter((it) => it === name).length);
}

/** Every one of four. */
function isEven(users: readonly number[]): boolean {
  const fair = USERS / 4;
  return users.length === 4 && users.every((it) => Math.abs(it - fair) <= Math.max(1, fair * TENTH));
}
