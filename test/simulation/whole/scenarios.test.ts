// What random histories found, told on purpose.
import { describe, expect, it } from 'vitest';
import { WholeSimulation } from './whole-simulation.ts';

describe('A pool in which nothing else goes wrong', () => {
  it('serves a user who was given to a server that remembers the former owner, though nobody told it', async () => {
    const world = new WholeSimulation(1, false);
    const { scheduler, network, phones, history } = world;
    await scheduler.run(4_000);
    for (const phone of phones) phone.begin();
    for (const phone of phones) phone.calmDown();
    await scheduler.run(20_000);
    const [user = ''] = world.users;
    const former = world.ownerOf(user);
    const next = world.living().find((it) => it !== former);
    await next?.member.locate(user);
    network.part(former?.process.name ?? '', next?.process.name ?? '');
    const given = former?.member.give(user, next?.session ?? '');
    await scheduler.run(25_000);
    expect(await given).toBe('given');
    network.join(former?.process.name ?? '', next?.process.name ?? '');
    await world.expectNews(6_000);
    expect(history.violations).toEqual([]);
    expect(world.ownerOf(user)).toBe(next);
  });
});
