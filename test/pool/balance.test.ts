import { describe, expect, it } from 'vitest';
import { balance, type ServerSession } from '../../lib/pool/index.ts';
import { selectUsers } from '../../lib/pool/select-users.ts';
import { compareBuilds } from '../../lib/pool/build.ts';

const MINUTE_MS = 60_000;
const NOW = 1_000 * MINUTE_MS;

const server = (session: string, changes: Partial<ServerSession> = {}): ServerSession => ({
  session,
  beat: 1,
  status: 'up',
  address: `${session}:1`,
  zone: 'here',
  build: '1',
  index: 50,
  available: true,
  constrained: undefined,
  users: 100,
  devices: 100,
  seen: NOW,
  started: NOW - 60 * MINUTE_MS,
  ended: undefined,
  orders: undefined,
  review: [],
  reviewMark: '',
  ...changes,
});

const total = (gives: ReturnType<typeof balance>, from: string): number =>
  gives.filter((it) => it.from === from).reduce((count, it) => count + it.count, 0);

describe('The balance', () => {
  it('moves nobody in a pool whose servers have the same index, however many users each has', () => {
    expect(balance([server('a', { users: 900 }), server('b', { users: 3 }), server('c')], NOW)).toEqual([]);
  });

  it('moves nobody for 14 points under the median, and at most 2 % a minute for 15', () => {
    const others = [server('b'), server('c'), server('d')];
    expect(balance([server('a', { index: 36, users: 1_000 }), ...others], NOW)).toEqual([]);
    expect(total(balance([server('a', { index: 35, users: 1_000 }), ...others], NOW), 'a')).toBe(20);
  });

  it('reckons points, not percent: 60 against 76 is enough', () => {
    const gives = balance([server('a', { index: 60 }), server('b', { index: 76 }), server('c', { index: 76 })], NOW);
    expect(gives).toEqual([{ from: 'a', to: expect.stringMatching(/b|c/), count: 2 }]);
  });

  it('moves nobody within 5 minutes of a membership change', () => {
    const pool = [server('a', { index: 0, users: 1_000 }), server('b'), server('c')];
    const ended = (ago: number) => server('x', { status: 'fenced', ended: NOW - ago, users: 0 });
    expect(balance([...pool, ended(4.9 * MINUTE_MS)], NOW)).toEqual([]);
    expect(balance([...pool, ended(5 * MINUTE_MS)], NOW)).not.toEqual([]);
  });

  it('except to a server that has just joined, which gets its share within three runs and no more', () => {
    let users = new Map([
      ['a', 100],
      ['b', 100],
      ['c', 100],
      ['new', 0],
    ]);
    const started = NOW - 10_000;
    const moved = new Map<string, number>();
    for (let run = 0; run < 4; run++) {
      const pool = [...users].map(([name, count]) =>
        server(name, { users: count, ...(name === 'new' && { started }) }),
      );
      const gives = balance(pool, NOW + run * MINUTE_MS);
      for (const { from, to, count } of gives) {
        expect(to).toBe('new');
        users = new Map([...users, [from, users.get(from)! - count], [to, users.get(to)! + count]]);
        moved.set(from, (moved.get(from) ?? 0) + count);
      }
    }
    expect([...users.values()]).toEqual([75, 75, 75, 75]);
    expect([...moved.values()]).toEqual([25, 25, 25]);
  });

  it.each([[[2, 2, 1]], [[4, 3, 3]], [[3, 3, 4]], [[5, 3, 3]], [[14, 13, 13]], [[1, 1, 0]]])(
    'evens a small pool of %j and one more to the user in four runs, and then moves nobody',
    (before) => {
      const started = NOW - 10_000;
      const names = ['a', 'b', 'c', 'new'];
      const users = [...before, 0];
      const pool = () =>
        names.map((name, position) =>
          server(name, { users: users[position] as number, ...(name === 'new' && { started }) }),
        );
      let moved = 0;
      for (let run = 0; run < 9; run++) {
        const gives = balance(pool(), NOW + run * MINUTE_MS);
        if (run > 3) expect(gives).toEqual([]);
        for (const { from, to, count } of gives) {
          expect(to).toBe('new');
          users[names.indexOf(from)]! -= count;
          users[names.indexOf(to)]! += count;
          moved += count;
        }
      }
      expect(Math.max(...users) - Math.min(...users)).toBeLessThanOrEqual(1);
      expect(moved).toBeLessThanOrEqual(before.reduce((sum, it) => sum + it, 0) / 4);
    },
  );

  it.each([5, 10, 40])('comes to an end in a pool whose %i users are all on one of three servers', (all) => {
    const names = ['a', 'b', 'c'];
    const users = [all, 0, 0];
    const moves: string[] = [];
    for (let run = 0; run < 60; run++) {
      // Each user weighs as much as it takes to be noticed.
      const pool = names.map((name, n) => server(name, { users: users[n]!, index: 100 - (80 * users[n]!) / all }));
      for (const { from, to, count } of balance(pool, NOW + run * MINUTE_MS)) {
        moves.push(from);
        expect(count).toBe(1);
        users[names.indexOf(from)]! -= count;
        users[names.indexOf(to)]! += count;
      }
    }
    expect(new Set(moves)).toEqual(new Set(['a']));
    const index = users.map((it) => 100 - (80 * it) / all).toSorted((one, other) => one - other);
    expect(index[1]! - index[0]!).toBeLessThan(15);
  });

  it('also where the others are as young, but for those that began with it', () => {
    const began = NOW - 3 * MINUTE_MS;
    const pool = [
      server('a', { users: 37, started: began }),
      server('b', { users: 35, started: began + 2_000 }),
      server('c', { users: 24, started: began + 4_000 }),
    ];
    expect(balance(pool, NOW)).toEqual([]);
    const gives = balance([...pool, server('new', { users: 0, started: NOW - 10_000 })], NOW);
    expect(gives).toEqual([
      { from: 'a', to: 'new', count: 3 },
      { from: 'b', to: 'new', count: 3 },
    ]);
  });

  it('evens a pool to which two servers came at once', () => {
    const started = NOW - 130_000;
    const pool = [
      server('a', { users: 40 }),
      server('b', { users: 40 }),
      server('new1', { users: 0, started }),
      server('new2', { users: 0, started }),
    ];
    const gives = balance(pool, NOW);
    expect(total(gives, 'a') + total(gives, 'b')).toBeLessThanOrEqual(8);
    expect(new Set(gives.map((it) => it.to))).toEqual(new Set(['new1', 'new2']));
  });

  it('has a constrained server give to the others at once, and never to it', () => {
    const pool = [
      server('a', { index: -20, constrained: 'memory', users: 200 }),
      server('b', { started: NOW - MINUTE_MS }),
      server('c', { index: 5, constrained: 'memory' }),
    ];
    const gives = balance(pool, NOW);
    expect(total(gives, 'a')).toBeGreaterThanOrEqual(10);
    expect(new Set(gives.map((it) => it.to))).toEqual(new Set(['b']));
  });

  it('gives to the newest build only, and to nobody whom an administrator took out or who drains', () => {
    const pool = [
      server('a', { index: -20, constrained: 'memory', build: '1.9' }),
      server('old', { build: '1.9' }),
      server('new', { build: '1.10' }),
      server('out', { build: '1.10', available: false, index: 100 }),
      server('draining', { build: '1.10', status: 'draining', index: 100 }),
    ];
    expect(new Set(balance(pool, NOW).map((it) => it.to))).toEqual(new Set(['new']));
  });

  it('moves nobody where nobody may take anybody', () => {
    expect(
      balance([server('a', { constrained: 'memory', index: -5 }), server('b', { available: false })], NOW),
    ).toEqual([]);
    expect(balance([], NOW)).toEqual([]);
  });
});

describe('Users for an order', () => {
  const user = (name: string, changes = {}) => ({
    user: name,
    isMoved: false,
    heldMs: 60 * MINUTE_MS,
    idleMs: 0,
    isBound: false,
    ...changes,
  });

  it('are the longest idle', () => {
    const users = [user('busy'), user('idle', { idleMs: 9_000 }), user('quiet', { idleMs: 5_000 })];
    expect(selectUsers(users, 2)).toEqual(['idle', 'quiet']);
  });

  it('are never pinned, and move at most once in 10 minutes', () => {
    const users = [
      user('pinned', { isBound: true }),
      user('moved', { isMoved: true, heldMs: 10 * MINUTE_MS - 1 }),
      user('rested', { isMoved: true, heldMs: 10 * MINUTE_MS }),
      user('first', { heldMs: 1_000 }),
    ];
    expect(selectUsers(users, 9)).toEqual(['first', 'rested']);
  });
});

it('Builds are ordered by the numbers in them', () => {
  expect(['1.10.0', '1.9.3', '1.9', '2026.11.2', 'main-12', 'main-7'].sort(compareBuilds)).toEqual([
    '1.9',
    '1.9.3',
    '1.10.0',
    '2026.11.2',
    'main-7',
    'main-12',
  ]);
});
