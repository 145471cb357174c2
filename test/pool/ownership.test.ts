import { describe, expect, it } from 'vitest';
import { PoolBench } from './support/pool-bench.ts';

describe('A user is owned by one server', () => {
  it('is claimed on the first request, with epoch 1, and every server gives the same answer', async () => {
    const bench = new PoolBench();
    const [a, b, c] = await bench.up('a', 'b', 'c');
    const answers = await bench.within(1_000, Promise.all([a, b, c].map((it) => it!.member.locate('ada'))));
    const owners = answers.map((it) =>
      it.kind === 'mine' ? it.lease.session : it.kind === 'theirs' ? it.session : '?',
    );
    expect(new Set(owners).size).toBe(1);
    expect(bench.owner('ada')).toMatchObject({ session: owners[0], epoch: 1 });
  });

  it('goes to a live server within 15 s when its owner dies, with the next epoch', async () => {
    const bench = new PoolBench();
    const members = await bench.up('a', 'b', 'c');
    await bench.within(1_000, members[0]!.member.locate('ada'));
    const before = bench.owner('ada')!['session'];
    const dead = members.find((it) => it.member.session === before)!;
    dead.process.kill();
    const front = members.find((it) => it !== dead)!;
    await bench.pass(15_000);
    const located = await bench.within(1_000, front.member.locate('ada'));
    expect(located.kind).not.toBe('nowhere');
    expect(bench.owner('ada')).toMatchObject({ epoch: 2, previous: before });
    expect(bench.server(String(before))).toMatchObject({ status: 'fenced' });
  });

  it('is served by a constrained server where no other lives', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    for (const it of [a!, b!]) it.load = { index: -50, constrained: 'test', devices: 0 };
    await bench.pass(5_000);
    const located = await bench.within(1_000, Promise.all([a!, b!].map((it) => it.member.locate('ada'))));
    expect(located.map(({ kind }) => kind).toSorted()).toEqual(['mine', 'theirs']);
  });

  it('is given in order: finish, flush, answer the waiting, close the monitor, write, tell', async () => {
    const bench = new PoolBench();
    const [a, b] = await bench.up('a', 'b');
    for (const it of [a!, b!])
      it.load = { index: it === a ? 100 : -100, constrained: it === a ? undefined : 'test', devices: 0 };
    await bench.pass(5_000);
    const located = await bench.within(1_000, a!.member.locate('ada'));
    expect(located).toMatchObject({ kind: 'mine', lease: { epoch: 1 } });
    expect(await bench.within(5_000, a!.member.give('ada', b!.member.session))).toBe('given');
    expect(a!.told.slice(-5)).toEqual([
      'finish ada',
      'flush ada',
      'answer waiting ada',
      'close monitor ada',
      'tell ada b:1 2',
    ]);
    expect(located.kind === 'mine' && located.lease.isHeld()).toBe(false);
    expect(await bench.within(1_000, b!.member.locate('ada'))).toMatchObject({ kind: 'mine', lease: { epoch: 2 } });
    expect(await bench.within(1_000, a!.member.locate('ada'))).toMatchObject({
      kind: 'theirs',
      address: 'b:1',
      epoch: 2,
    });
  });
});

describe('A front that was told 421', () => {
  /** Ada is c's by epoch 2, and b still believes in a, whose she was by epoch 1. */
  async function moved() {
    const bench = new PoolBench();
    const [a, b, c] = await bench.up('a', 'b', 'c');
    for (const it of [b!, c!]) it.load = { index: -100, constrained: 'test', devices: 0 };
    await bench.pass(5_000);
    expect(await bench.within(1_000, a!.member.locate('ada'))).toMatchObject({ kind: 'mine' });
    expect(await bench.within(1_000, b!.member.locate('ada'))).toMatchObject({ address: 'a:1', epoch: 1 });
    expect(await bench.within(5_000, a!.member.give('ada', c!.member.session))).toBe('given');
    let reads = 0;
    const get = b!.store.get.bind(b!.store);
    b!.store.get = (...given) => {
      reads += 1;
      return get(...given);
    };
    const stale = { session: a!.member.session, epoch: 1 };
    const truth = { session: c!.member.session, address: 'c:1', epoch: 2 };
    return { bench, front: b!.member, stale, truth, reads: () => reads };
  }

  it('goes where it was told to, and remembers it, without a look into the store', async () => {
    const { bench, front, stale, truth, reads } = await moved();
    const located = await bench.within(1_000, front.locate('ada', { ...stale, told: truth }));
    expect(located).toEqual({ kind: 'theirs', ...truth });
    expect(await bench.within(1_000, front.locate('ada'))).toEqual(located);
    expect(reads()).toBe(0);
  });

  it.each([
    ['an address that is not the session’s', { address: 'elsewhere.example.org:443' }],
    ['a session that is not of the pool', { session: 'nobody' }],
    ['an epoch that is no later', { epoch: 1 }],
  ])('is not led to %s: it reads the store', async (_, wrong) => {
    const { bench, front, stale, truth, reads } = await moved();
    const located = await bench.within(1_000, front.locate('ada', { ...stale, told: { ...truth, ...wrong } }));
    expect(located).toEqual({ kind: 'theirs', ...truth });
    expect(reads()).toBeGreaterThan(0);
  });

  it('forgets a lie about the epoch as soon as it turns out', async () => {
    const { bench, front, stale, truth } = await moved();
    const told = { session: stale.session, address: 'a:1', epoch: 1_000 };
    expect(await bench.within(1_000, front.locate('ada', { ...stale, told }))).toEqual({ kind: 'theirs', ...told });
    expect(await bench.within(1_000, front.locate('ada', told))).toEqual({ kind: 'theirs', ...truth });
    expect(await bench.within(1_000, front.locate('ada'))).toEqual({ kind: 'theirs', ...truth });
  });
});
