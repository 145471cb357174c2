import { describe, expect, it } from 'vitest';
import { type Store, StoreError, type WriteResult } from '../../lib/store/index.ts';
import { PoolBench } from './support/pool-bench.ts';

const L = 10_000;
const OWN_DEADLINE = 7_500;

describe('A session', () => {
  it('beats every 2 s by 10 % more or less, and every write moves its end seven days on', async () => {
    const bench = new PoolBench();
    const [a] = await bench.up('a');
    bench.writes.length = 0;
    await bench.pass(60_000);
    const beats = bench.writes.filter((it) => it.before!['beat'] !== it.after!['beat']);
    expect(beats.length).toBeGreaterThanOrEqual(27);
    expect(beats.length).toBeLessThanOrEqual(33);
    for (const { after } of bench.writes)
      expect(after!['expires']).toBe(Math.floor(Number(after!['seen']) / 1_000) + 7 * 86_400);
    expect(a!.member.state).toBe('up');
  });

  it('is suspended 0.75 L after its last applied beat was sent, holds nothing, and goes on with the same epochs', async () => {
    const bench = new PoolBench();
    const [a] = await bench.up('a');
    const located = await bench.within(1_000, a!.member.locate('ada'));
    const lease = located.kind === 'mine' ? located.lease : undefined;
    bench.store.cut('a');
    await bench.pass(OWN_DEADLINE - 2_300);
    expect(lease!.isHeld()).toBe(true);
    await bench.pass(2_300);
    expect(lease!.isHeld()).toBe(false);
    expect(a!.member.state).toBe('suspended');
    expect(await a!.member.locate('ada')).toMatchObject({ kind: 'nowhere', retryAfterMs: expect.any(Number) });
    bench.store.heal('a');
    await bench.pass(3_000);
    expect(a!.member.state).toBe('up');
    expect(lease!.isHeld()).toBe(true);
    expect(a!.told).toEqual(['session', 'may act: no', 'may act: yes']);
  });

  it('reckons its deadline from before the beat is sent, however late the answer is', async () => {
    const bench = new PoolBench();
    const [a] = await bench.up('a');
    await bench.within(1_000, a!.member.locate('ada'));
    // Answers take 900 ms, inside a request's time: 7.5 s after the last beat left it is over nevertheless.
    bench.store.faults = { ...bench.store.faults, latencyMs: [450, 450] };
    await bench.pass(10_000);
    const sentAt = lastBeat(bench) - 450;
    bench.store.cut('a');
    await bench.pass(sentAt + OWN_DEADLINE - 1 - bench.scheduler.now);
    expect(a!.member.state).toBe('up');
    await bench.pass(2);
    expect(a!.member.state).toBe('suspended');
  });

  it('knows a beat as its own that was applied although the store answered an error', async () => {
    const bench = new PoolBench();
    const [a] = await bench.up('a');
    bench.store.faults = { ...bench.store.faults, appliedButError: 1 };
    await bench.pass(60_000);
    expect(a!.member.state).toBe('up');
    expect(a!.told).toEqual(['session']);
    expect(a!.counts.get('unknown-result')).toBeGreaterThan(20);
  });

  it('that reads that it was fenced loses everything, says so, and comes back as another', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    b!.load = { index: -50, constrained: 'test', devices: 0 };
    await bench.pass(5_000);
    await bench.within(1_000, a!.member.locate('ada'));
    const before = a!.member.session;
    a!.process.pause();
    await bench.pass(L + 5_000);
    expect(bench.server(before)).toMatchObject({ status: 'fenced' });
    a!.process.goOn();
    await bench.pass(2_000);
    expect(a!.told).toEqual(['session', 'may act: no', 'lost ada 1', 'session']);
    expect(a!.member.session).not.toBe(before);
    expect(a!.member.state).toBe('up');
    expect(a!.member.leases()).toEqual([]);
    expect(a!.counts.get('rejoin')).toBe(1);
  });

  it('whose item is gone is dead too', async () => {
    const bench = new PoolBench();
    const [a] = await bench.up('a');
    const before = a!.member.session;
    await bench.within(1_000, a!.store.delete({ partition: 'POOL#test', sort: `SERVER#${before}` }));
    await bench.pass(3_000);
    expect(a!.member.session).not.toBe(before);
    expect(a!.member.state).toBe('up');
  });

  it('keeps trying to start while the store is out of reach, and locates nobody', async () => {
    const bench = new PoolBench();
    bench.store.setDown(true);
    const a = bench.make('a');
    const started = a.member.start();
    await bench.pass(120_000);
    expect(a.member.state).toBe('starting');
    expect(await bench.within(2_000, a.member.locate('ada'))).toMatchObject({ kind: 'nowhere' });
    bench.store.setDown(false);
    await bench.within(3_000, started);
    expect(a.member.state).toBe('up');
  });

  it('that is stopped before it could start says so', async () => {
    const bench = new PoolBench();
    bench.store.setDown(true);
    const a = bench.make('a');
    const started = expect(a.member.start()).rejects.toMatchObject({ code: 'pool-stopped' });
    await bench.pass(1_000);
    await a.member.stop();
    await bench.pass(3_000);
    await started;
  });

  it('that is drained before its start was answered ends, and says so', async () => {
    const bench = new PoolBench();
    const a = bench.make('a');
    const real = { ...a.store };
    const unheard = new StoreError('store-unavailable', 'lost');
    Object.assign(a.store, {
      put: async (...it: Parameters<Store['put']>): Promise<WriteResult> => {
        const result = await real.put(...it);
        return result.outcome === 'applied' ? { outcome: 'unknown', cause: unheard } : result;
      },
      get: async (...it: Parameters<Store['get']>) => {
        const item = await real.get(...it);
        if (item?.attributes['status'] === 'up') throw unheard;
        return item;
      },
      // The leaving is done at once and answered only when the start was sent again.
      update: async (...it: Parameters<Store['update']>) => {
        const result = await real.update(...it);
        await new Promise<void>((done) => bench.scheduler.after(900, done));
        return result;
      },
    });
    const started = expect(a.member.start()).rejects.toMatchObject({ code: 'pool-stopped' });
    await bench.pass(100);
    await bench.within(5_000, a.member.drain());
    await started;
    expect(bench.server(a.member.session)).toMatchObject({ status: 'left' });
  });

  it('has times that fit together, or is refused', () => {
    const bench = new PoolBench();
    expect(() => bench.make('a', { settings: { beatMs: 3_000 } })).toThrow(/under 4 beats/);
    expect(() => bench.make('a', { settings: { requestTimeoutMs: 2_001 } })).toThrow(/longer than a beat/);
    expect(() => bench.make('a', { settings: { leaseMs: Number.NaN } })).toThrow(/leaseMs/);
  });
});

/** When the last beat was applied. */
function lastBeat(bench: PoolBench): number {
  const seen = Number(bench.writes.findLast((it) => it.before?.['beat'] !== it.after?.['beat'])!.after!['seen']);
  // `seen` is the wall clock at which the beat was made: 450 ms before it was applied.
  return seen - Date.UTC(2026, 0, 15, 9) + 450;
}
