import { describe, expect, it } from 'vitest';
import { AvailabilityIndex, type Measurements } from '../../lib/pool/index.ts';
import { ManualClock } from '../support/manual-clock.ts';

const IDLE: Measurements = {
  eventLoopUtilization: 0.02,
  eventLoopDelayMs: 1,
  memoryShare: 0.2,
  storeLatencyMs: 3,
  waitingWork: 0,
};

describe('the availability index', () => {
  const begin = () => {
    const clock = new ManualClock();
    const index = new AvailabilityIndex(clock);
    const during = async (seconds: number, measurements: Partial<Measurements>) => {
      for (let second = 0; second < seconds; second += 1) {
        await clock.advance(1_000);
        index.measure({ ...IDLE, ...measurements });
      }
      return index.current;
    };
    return { index, during };
  };

  it('an idle server is at 100', async () => {
    expect(await begin().during(5, {})).toEqual({ index: 100, constrained: undefined });
  });

  it('the worst figure counts', async () => {
    const { during } = begin();
    expect((await during(1, { eventLoopUtilization: 0.475, memoryShare: 0.6 })).index).toBe(50);
  });

  it.each([
    [{ eventLoopUtilization: 0.97 }, 'its event loop is 97 % busy'],
    [{ eventLoopDelayMs: 900 }, 'its event loop is 900 ms late'],
    [{ memoryShare: 0.95 }, 'its memory is 95 % used'],
    [{ waitingWork: 1 }, '100 % of the requests that it works on at once are taken'],
  ])('%o constrains: %s', async (measurements, why) => {
    const { index, constrained } = await begin().during(60, measurements);
    expect(index).toBeLessThan(0);
    expect(constrained).toBe(why);
  });

  it('never leaves -100 … 100', async () => {
    const { during } = begin();
    expect((await during(60, { eventLoopDelayMs: 60_000, memoryShare: 5, waitingWork: 40 })).index).toBe(-100);
  });

  it('one busy second is no overload, ten are', async () => {
    const { during } = begin();
    await during(10, {});
    expect((await during(1, { eventLoopUtilization: 1 })).constrained).toBeUndefined();
    expect((await during(10, { eventLoopUtilization: 1 })).constrained).toMatch(/busy$/);
  });

  it('a constrained server is one until it has been at 20 or above for a minute', async () => {
    const { during } = begin();
    await during(20, { eventLoopUtilization: 1 });
    expect(await during(20, { eventLoopUtilization: 0.75 })).toMatchObject({
      index: 13,
      constrained: expect.any(String) as string,
    });
    expect((await during(60, { eventLoopUtilization: 0.75 })).constrained).toBeDefined();
    expect(await during(50, {})).toMatchObject({
      index: 100,
      constrained: expect.stringMatching(/busy until a moment ago: it takes users again once/) as string,
    });
    await during(12, { eventLoopUtilization: 0.8 });
    expect((await during(58, {})).constrained).toBeDefined();
    expect((await during(10, {})).constrained).toBeUndefined();
  });

  it('a slow store lowers the index and never constrains by itself: it is slow for everybody', async () => {
    expect(await begin().during(60, { storeLatencyMs: 5_000 })).toEqual({ index: 10, constrained: undefined });
  });

  it('where the store was asked nothing, what it took before counts', async () => {
    const { during } = begin();
    await during(60, { storeLatencyMs: 260 });
    expect((await during(60, { storeLatencyMs: undefined })).index).toBe(50);
  });
});
