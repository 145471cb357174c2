import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../support/manual-clock.ts';
import type { ExchangeResponse } from '../../../lib/activesync/client/index.ts';
import { retrying } from '../../../lib/activesync/client/retry.ts';

const POLICY = { attempts: 4, delayMs: 1_000, maxRetryAfterSeconds: 120 };
const answer = (status: number, headers = {}): ExchangeResponse => ({
  status,
  headers,
  bytes: new Uint8Array(),
  document: undefined,
  parts: undefined,
});

/** Runs the script, and gives back when each attempt was made, in seconds. */
async function attemptsOf(script: readonly (ExchangeResponse | Error)[]) {
  const clock = new ManualClock();
  const seconds: number[] = [];
  const outcome = retrying(POLICY, clock, undefined, () => {
    const entry = script[seconds.push(clock.monotonic() / 1000) - 1];
    return entry instanceof Error ? Promise.reject(entry) : Promise.resolve(entry as ExchangeResponse);
  }).then(
    (response) => response.status,
    (error: { code: string }) => error.code,
  );
  for (let second = 0; second < 200; second++) {
    await setImmediate();
    await clock.advance(1_000);
  }
  return { seconds, outcome: await outcome };
}

describe('a request is sent again', () => {
  const lost = new Error('lost');

  it('MS-ASHTTP_R277, MS-ASHTTP_R278: after pauses that double', async () => {
    expect(await attemptsOf([lost, answer(503), lost, answer(200)])).toEqual({ seconds: [0, 1, 3, 7], outcome: 200 });
  });

  it('MS-ASHTTP_R275: after as many seconds as Retry-After says', async () => {
    const busy = answer(503, { 'retry-after': '90' });
    expect(await attemptsOf([busy, answer(200)])).toEqual({ seconds: [0, 90], outcome: 200 });
  });

  it('after a load balancer’s own answers, whose server broke off or kept silent', async () => {
    expect(await attemptsOf([answer(502), answer(504), answer(200)])).toEqual({ seconds: [0, 1, 3], outcome: 200 });
  });

  it('not at all when Retry-After is too long to wait', async () => {
    expect(await attemptsOf([answer(503, { 'retry-after': '3600' })])).toEqual({ seconds: [0], outcome: 503 });
  });

  it('four times at most', async () => {
    expect(await attemptsOf([lost, lost, lost, lost])).toEqual({ seconds: [0, 1, 3, 7], outcome: 'unreachable' });
    const busy = answer(503);
    expect(await attemptsOf([busy, busy, busy, busy])).toEqual({ seconds: [0, 1, 3, 7], outcome: 503 });
  });

  it('not after any other answer', async () => {
    expect(await attemptsOf([answer(500)])).toEqual({ seconds: [0], outcome: 500 });
  });
});
