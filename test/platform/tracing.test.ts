// Traces without a server: what is read of headers, what is kept of requests, how spans reach a collector or do not.
import { describe, expect, it } from 'vitest';
import {
  type FinishedSpan,
  Metrics,
  parseAmazonTrace,
  parseTraceparent,
  SpanExporter,
  silentLog,
  traced,
  tracedLog,
  Tracer,
} from '../../lib/platform/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const SECRET = 'the mailbox of ada@example.org is away';

class AdaError extends Error {
  readonly code = 'unavailable';
}

function tracerOf({ ratio = 0, drawn = 0.5 } = {}) {
  const clock = new ManualClock();
  const kept: FinishedSpan[] = [];
  let draws = 0;
  const random = { number: () => drawn, bytes: (count: number) => new Uint8Array(count).fill(++draws) };
  const tracer = new Tracer({ ratio, slowMs: 1_000, clock, random, keep: (spans) => kept.push(...spans) });
  return { tracer, clock, kept };
}

describe('headers', () => {
  it('of W3C name trace, span, and whether it is kept; what is none is nothing', () => {
    const told = { traceId: TRACE, spanId: SPAN };
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-01`)).toEqual({ ...told, isSampled: true });
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-00`)).toEqual({ ...told, isSampled: false });
    // A later version may say more after it.
    expect(parseTraceparent(`cc-${TRACE}-${SPAN}-03-what`)).toEqual({ ...told, isSampled: true });
    const none = [
      undefined,
      '',
      `ff-${TRACE}-${SPAN}-01`,
      `00-${'0'.repeat(32)}-${SPAN}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `00-${TRACE.toUpperCase()}-${SPAN}-01`,
      `00-${TRACE}-${SPAN}-01x`,
    ];
    expect(none.map(parseTraceparent)).toEqual(none.map(() => undefined));
  });

  it('of a load balancer name the trace alone, whatever a device added to it', () => {
    const told = { traceId: TRACE, spanId: undefined, isSampled: undefined };
    const root = `Root=1-${TRACE.slice(0, 8)}-${TRACE.slice(8)}`;
    expect(parseAmazonTrace(root)).toEqual(told);
    expect(parseAmazonTrace(`Self=1-67891234-12456789abcdef012345678a;${root};Parent=${SPAN};Sampled=1`)).toEqual(told);
    expect(parseAmazonTrace('Root=1-1-2')).toBeUndefined();
    expect(parseAmazonTrace(undefined)).toBeUndefined();
  });
});

describe('a part of a trace is kept', () => {
  it('if its parent is sampled, whatever the ratio; if nobody said, by the ratio', () => {
    const context = { traceId: TRACE, spanId: SPAN };
    for (const [parent, ratio, isKept] of [
      [{ ...context, isSampled: true }, 0, true],
      [{ ...context, isSampled: false }, 1, false],
      [{ ...context, spanId: undefined, isSampled: undefined }, 0.6, true],
      [undefined, 0.6, true],
      [undefined, 0.4, false],
    ] as const) {
      const { tracer, kept } = tracerOf({ ratio });
      tracer.begin('Sync', 'server', parent).end();
      expect(kept.length).toBe(isKept ? 1 : 0);
    }
  });

  it('if it failed or was slow, with all that it did', async () => {
    const { tracer, clock, kept } = tracerOf();
    const quick = tracer.begin('Sync', 'server');
    quick.answered(200);
    quick.end();
    const refused = tracer.begin('Sync', 'server');
    refused.answered(401);
    refused.end();
    expect(kept).toEqual([]);
    const slow = tracer.begin('Slow', 'server');
    const asks = () => tracer.measure('mail fetch', 'client', async () => clock.advance(1_000));
    await tracer.within(slow, asks);
    slow.end();
    const failed = tracer.begin('Failed', 'server');
    failed.answered(503);
    failed.end();
    expect(kept.map(({ name, isError, endMs, startMs }) => [name, isError, endMs - startMs])).toEqual([
      ['mail fetch', false, 1_000],
      ['Slow', false, 1_000],
      ['Failed', true, 0],
    ]);
    expect(kept[0]).toMatchObject({ parentId: kept[1]?.spanId, traceId: kept[1]?.traceId, isSampled: false });
  });

  it('and tells the code of a failure, never its message', async () => {
    const { tracer, kept } = tracerOf({ ratio: 1 });
    const span = tracer.begin('Sync', 'server');
    const failing = () => tracer.measure('mail open', 'client', () => Promise.reject(new AdaError(SECRET)));
    await expect(tracer.within(span, failing)).rejects.toThrow(SECRET);
    span.end();
    expect(kept[0]).toMatchObject({ isError: true, attributes: { 'error.type': 'unavailable' } });
    expect(JSON.stringify(kept)).not.toContain('ada');
  });

  it('with a bounded number of spans, and says how many were left', () => {
    const { tracer, kept } = tracerOf({ ratio: 1 });
    const span = tracer.begin('Sync', 'server');
    for (let n = 0; n < 500; n++) span.record('store get', 'client', 1, {}, false);
    span.end();
    expect(kept.length).toBe(129);
    expect(kept.at(-1)?.attributes['caravan.spans.left']).toBe(372);
    expect(new Set(kept.map((it) => it.spanId)).size).toBe(129);
  });
});

describe('what outlives its request', () => {
  it('is no part of the trace any more, and its log lines neither', async () => {
    const { tracer, kept } = tracerOf({ ratio: 1 });
    const lines: object[] = [];
    const log = tracedLog({ ...silentLog, info: (fields) => void lines.push(fields) }, tracer);
    const mailbox = traced({ fetch: async () => 'mail', size: 3 }, tracer, 'mail', ['fetch']);
    const span = tracer.begin('Sync', 'server');
    const goOn = Promise.withResolvers<void>();
    const work = tracer.within(span, async () => {
      expect(await mailbox.fetch()).toBe('mail');
      log.info({ n: 1 }, 'within');
      await goOn.promise;
      expect(await mailbox.fetch()).toBe('mail');
      log.info({ n: 2 }, 'after');
      expect(tracer.current()).toBeUndefined();
    });
    await new Promise((done) => setImmediate(done));
    span.end();
    goOn.resolve();
    await work;
    expect(kept.map((it) => it.name)).toEqual(['mail fetch', 'Sync']);
    expect(lines).toEqual([{ n: 1, traceId: span.traceId }, { n: 2 }]);
    expect(mailbox.size).toBe(3);
    tracer.within(span, () => tracer.outside(() => expect(tracer.current()).toBeUndefined()));
  });
});

describe('the exporter', () => {
  function exporterOf() {
    const clock = new ManualClock();
    const metrics = new Metrics();
    const logged: string[] = [];
    const sent: number[] = [];
    const collector = { isDown: false, isSilent: false };
    const exporter = new SpanExporter({
      async send(body, signal) {
        if (collector.isSilent) {
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        }
        if (collector.isDown) throw new Error('connect ECONNREFUSED');
        const { resourceSpans } = JSON.parse(body.toString()) as { resourceSpans: { scopeSpans: { spans: [] }[] }[] };
        sent.push(resourceSpans[0]?.scopeSpans[0]?.spans.length ?? 0);
      },
      resource: () => ({ 'service.name': 'caravan' }),
      metrics,
      clock,
      log: { ...silentLog, warn: (_, said) => void logged.push(said), info: (_, said) => void logged.push(said) },
    });
    const { tracer, kept } = tracerOf({ ratio: 1 });
    const span = tracer.begin('Sync', 'server');
    span.end();
    const spans = (count: number) => Array.from({ length: count }, () => kept[0] as FinishedSpan);
    const counted = () =>
      Object.fromEntries(
        metrics
          .read()
          .flatMap((family) =>
            family.type === 'counter' ? family.series.map((it) => [it.labels['outcome'], it.value]) : [],
          ),
      );
    const pass = async (ms: number) => {
      await clock.advance(ms);
      for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
    };
    return { exporter, spans, sent, logged, collector, counted, pass };
  }

  it('sends what there is every five seconds, and at once where there is a batch', async () => {
    const { exporter, spans, sent, counted, pass } = exporterOf();
    exporter.add(spans(3));
    await pass(4_999);
    expect(sent).toEqual([]);
    await pass(1);
    expect(sent).toEqual([3]);
    exporter.add(spans(1_200));
    await pass(0);
    expect(sent).toEqual([3, 1_000, 200]);
    expect(counted()).toEqual({ sent: 1_203, dropped: 0 });
    await exporter.close();
  });

  it('drops and counts what a collector that is down does not take, says so once, and when it is back', async () => {
    const { exporter, spans, sent, logged, collector, counted, pass } = exporterOf();
    collector.isDown = true;
    for (let round = 0; round < 5; round++) {
      exporter.add(spans(10));
      await pass(5_000);
    }
    expect(logged).toEqual(['The collector takes no traces: they are dropped until it does']);
    expect(counted()).toEqual({ sent: 0, dropped: 50 });
    collector.isDown = false;
    exporter.add(spans(10));
    await pass(5_000);
    expect(sent).toEqual([10]);
    expect(logged[1]).toBe('The collector takes traces again');
    await exporter.close();
  });

  it('keeps no more than its queue while a collector says nothing, and gives that up after ten seconds', async () => {
    const { exporter, spans, sent, collector, counted, pass } = exporterOf();
    collector.isSilent = true;
    exporter.add(spans(1_000));
    await pass(0);
    for (let round = 0; round < 10; round++) exporter.add(spans(1_000));
    expect(counted()).toEqual({ sent: 0, dropped: 5_000 });
    collector.isSilent = false;
    await pass(10_000);
    await pass(5_000);
    for (let round = 0; round < 5; round++) await pass(0);
    expect(sent).toEqual([1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(counted()).toEqual({ sent: 5_000, dropped: 6_000 });
    await exporter.close();
  });

  it('sends the last when it is closed, and waits for a silent collector two seconds at most', async () => {
    const whole = exporterOf();
    whole.exporter.add(whole.spans(7));
    await whole.exporter.close();
    expect(whole.sent).toEqual([7]);
    const silent = exporterOf();
    silent.collector.isSilent = true;
    silent.exporter.add(silent.spans(7));
    const closed = silent.exporter.close();
    await silent.pass(2_000);
    await closed;
    expect(silent.counted()).toEqual({ sent: 0, dropped: 7 });
    silent.exporter.add(silent.spans(1));
    expect(silent.counted()).toEqual({ sent: 0, dropped: 8 });
  });
});
