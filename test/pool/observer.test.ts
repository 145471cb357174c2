import { describe, expect, it } from 'vitest';
import { type BenchMember, PoolBench } from './support/pool-bench.ts';

const L = 10_000;
const H = 2_000;

/** Milliseconds until the session is fenced; undefined if it is not within the time. */
async function fencedAfter(bench: PoolBench, session: string, withinMs: number): Promise<number | undefined> {
  const from = bench.scheduler.now;
  while (bench.scheduler.now < from + withinMs) {
    if (bench.server(session)?.['status'] === 'fenced') return bench.scheduler.now - from;
    await bench.pass(10);
  }
  return undefined;
}

const others = (members: readonly BenchMember[], one: BenchMember) => members.filter((it) => it !== one);

describe('An observer', () => {
  it('fences a dead session after a lease without movement, within 15 s', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const bench = new PoolBench(seed);
      const [a] = await bench.up('a', 'b', 'c');
      a!.process.kill();
      const afterMs = await fencedAfter(bench, a!.member.session, 20_000);
      expect(afterMs).toBeGreaterThanOrEqual(L - 2.2 * H);
      expect(afterMs).toBeLessThanOrEqual(15_000);
    }
  });

  it('fences nobody whose count moves, in ten minutes, with clocks that differ and wall clocks that are wrong', async () => {
    const bench = new PoolBench();
    const members = [bench.make('a', { rate: 0.99 }), bench.make('b', { rate: 1.01 }), bench.make('c')];
    for (const { member } of members) void member.start();
    await bench.pass(600_000);
    expect(bench.writes.filter((it) => it.after?.['status'] === 'fenced')).toEqual([]);
    expect(members.map((it) => it.member.state)).toEqual(['up', 'up', 'up']);
  });

  it('fences nobody for an outage of the store, however long', async () => {
    for (const outageMs of [3_000, 9_000, 30_000, 300_000]) {
      const bench = new PoolBench();
      const members = await bench.up('a', 'b', 'c');
      const sessions = members.map((it) => it.member.session);
      bench.store.setDown(true);
      await bench.pass(outageMs);
      bench.store.setDown(false);
      await bench.pass(30_000);
      expect(members.map((it) => it.member.session)).toEqual(sessions);
      expect(members.map((it) => it.member.state)).toEqual(['up', 'up', 'up']);
    }
  });

  it('does not count time in which it stood still itself: the whole pool frozen for a minute fences nobody', async () => {
    const bench = new PoolBench();
    const members = await bench.up('a', 'b', 'c');
    for (const { process } of members) process.pause();
    await bench.pass(60_000);
    // The first to wake would fence the others.
    members[0]!.process.goOn();
    await bench.pass(100);
    for (const { process } of members) process.goOn();
    await bench.pass(30_000);
    expect(bench.writes.filter((it) => it.after?.['status'] === 'fenced')).toEqual([]);
  });

  it('does not count readings that failed', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    a!.process.kill();
    await bench.pass(2_500);
    bench.store.cut('b');
    await bench.pass(5_000);
    bench.store.heal('b');
    const afterMs = await fencedAfter(bench, a!.member.session, 20_000);
    expect(afterMs).toBeGreaterThanOrEqual(L - 2.2 * H - 2_500);
    expect(b!.member.state).toBe('up');
  });

  it('brings the fence of a session whose address refuses forward to two beats without movement', async () => {
    const bench = new PoolBench();
    const members = await bench.up('a', 'b', 'c');
    members[0]!.process.kill();
    for (const { member } of others(members, members[0]!)) member.suspect(members[0]!.member.session);
    expect(await fencedAfter(bench, members[0]!.member.session, 20_000)).toBeLessThanOrEqual(2 * H + H + 500);
  });

  it('never fences a suspect whose count moves', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    for (let second = 0; second < 60; second++) {
      b!.member.suspect(a!.member.session);
      await bench.pass(1_000);
    }
    expect(bench.server(a!.member.session)).toMatchObject({ status: 'up' });
  });

  it('fences a session at once whose process is known to be gone, so that its users are served again within a second', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    b!.load = { index: -50, constrained: 'test', devices: 0 };
    await bench.pass(5_000);
    await bench.within(1_000, a!.member.locate('ada'));
    b!.load = { index: 100, constrained: undefined, devices: 0 };
    a!.process.kill();
    b!.member.suspect(a!.member.session, 'gone');
    await bench.pass(100);
    expect(bench.server(a!.member.session)).toMatchObject({ status: 'fenced' });
    expect(await bench.within(900, b!.member.locate('ada'))).toMatchObject({ kind: 'mine', lease: { epoch: 2 } });
    expect(b!.counts.get('takeover')).toBe(1);
  });

  it('never fences its own session, and nobody while it is suspended', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    b!.member.suspect(b!.member.session, 'gone');
    a!.process.kill();
    const update = b!.store.update.bind(b!.store);
    // Its own beats fail, its readings do not.
    Object.assign(b!.store, {
      update: async (...request: Parameters<typeof update>) =>
        request[1].set?.['status'] === 'fenced' ? update(...request) : { outcome: 'unknown', cause: new Error('test') },
    });
    await bench.pass(40_000);
    expect(b!.member.state).toBe('suspended');
    expect(bench.server(b!.member.session)).toMatchObject({ status: 'up' });
    expect(bench.server(a!.member.session)).toMatchObject({ status: 'up' });
  });
});
