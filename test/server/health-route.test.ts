// What a probe is told, and how often the store is asked for it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { HealthRoute } from '../../lib/server/http/health-route.ts';
import { ManualClock } from '../support/manual-clock.ts';

function health() {
  const clock = new ManualClock();
  const store = { asked: 0, answer: () => Promise.resolve() };
  const server: { notReady: string | undefined } = { notReady: undefined };
  const route = new HealthRoute({
    notReady: () => server.notReady,
    checkStore: () => {
      store.asked++;
      return store.answer();
    },
    clock,
  });
  const ask = async (path = '/ready') => {
    let status = 0;
    const response = { writeHead: (it: number) => (status = it), end: () => undefined } as unknown as ServerResponse;
    await route.serve({} as IncomingMessage, response, { requestId: 'r', path, address: '192.0.2.1', isTls: true });
    return status;
  };
  return { clock, store, server, ask };
}

it('asks the store once a second at most, however many ask', async () => {
  const { clock, store, ask } = health();
  for (let round = 1; round <= 3; round++) {
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
    await clock.advance(999);
    expect(await ask()).toBe(200);
    expect(store.asked).toBe(round);
    await clock.advance(1);
  }
});

it('asks a store that is silent no second time before it has answered', async () => {
  const { clock, store, ask } = health();
  let go = () => {};
  store.answer = () => new Promise<void>((resolve) => (go = resolve));
  const first = ask();
  await clock.advance(60_000);
  const second = ask();
  go();
  expect(await Promise.all([first, second])).toEqual([200, 200]);
  expect(store.asked).toBe(1);
});

it('tells within a second that the store fails, and that it is well again', async () => {
  const { clock, store, ask } = health();
  expect(await ask()).toBe(200);
  store.answer = () => Promise.reject(new Error('gone'));
  await clock.advance(1_000);
  expect([await ask(), await ask()]).toEqual([503, 503]);
  expect(store.asked).toBe(2);
  store.answer = () => Promise.resolve();
  await clock.advance(1_000);
  expect(await ask()).toBe(200);
});

it('tells at once that the server stops, and asks nothing for `/health`', async () => {
  const { store, server, ask } = health();
  expect(await ask()).toBe(200);
  server.notReady = 'stopping';
  expect(await ask()).toBe(503);
  expect(await ask('/health')).toBe(200);
  expect(store.asked).toBe(1);
});
