/** What traces cost a server that tells them: the processor for a request, the memory for a device that waits. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { systemClock, systemRandom, type Timer, Tracer } from '../../lib/platform/index.ts';
import { describe, endPart } from '../../lib/server/tracing/request-traces.ts';
import type { Figure } from './figure.ts';

const REQUESTS = 100_000;
const WAITING = 50_000;
const WAIT_MS = 3_600_000;
const REQUEST_TARGET = { value: 50, is: 'at most' } as const;
const WAITING_TARGET = { value: 0.15, is: 'at most' } as const;

/** As a door keeps it. */
interface Kept {
  timer?: Timer;
  traceparent?: string | undefined;
}

export async function benchTracing(): Promise<readonly Figure[]> {
  const tracer = new Tracer({ ratio: 0, slowMs: WAIT_MS, clock: systemClock, random: systemRandom, keep: () => {} });
  const more: number[] = [];
  for (let round = 0; round < 2; round++) {
    const untraced = await bytesOfWaiting(async (kept) => wait(kept));
    more.push((await bytesOfWaiting((kept) => traced(tracer, kept))) - untraced);
  }
  const begun = process.cpuUsage();
  for (let n = 0; n < REQUESTS; n++) await traced(tracer, undefined);
  const { user, system } = process.cpuUsage(begun);
  return [
    {
      name: 'traces: a request of three calls, not kept',
      value: (user + system) / REQUESTS,
      unit: 'µs',
      target: REQUEST_TARGET,
    },
    { name: 'traces: a waiting device, more', value: (more.at(-1) ?? 0) / 1000, unit: 'KB', target: WAITING_TARGET },
  ];
}

async function traced(tracer: Tracer, kept: Kept | undefined): Promise<void> {
  const span = tracer.begin('Ping', 'server');
  describe(span, 'front', 'a-request-id');
  await tracer.within(span, async () => {
    await tracer.measure('mail changes', 'client', async () => undefined);
    tracer.current()?.record('store get', 'client', 1, { 'caravan.result': 'done' }, false);
    tracer.current()?.record('store put', 'client', 1, { 'caravan.result': 'done' }, false);
    const traceparent = endPart(tracer, 'waiting');
    if (kept) {
      kept.traceparent = traceparent;
      tracer.outside(() => wait(kept));
    }
  });
}

function wait(kept: Kept): void {
  kept.timer = systemClock.after(WAIT_MS, () => {});
}

async function bytesOfWaiting(begin: (kept: Kept) => Promise<void>): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const before = process.memoryUsage().heapUsed;
  const all: Kept[] = [];
  for (let n = 0; n < WAITING; n++) {
    const kept: Kept = {};
    await begin(kept);
    all.push(kept);
  }
  await new Promise((done) => setImmediate(done));
  collect();
  const bytes = (process.memoryUsage().heapUsed - before) / WAITING;
  for (const { timer } of all) timer?.cancel();
  return bytes;
}
