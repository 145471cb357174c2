/** Looks at the process once a second and makes of it what the pool is told with every beat. */
import type { Clock, Timer } from '../../platform/index.ts';
import { AvailabilityIndex, type Load } from '../../pool/index.ts';
import type { StoreMetrics } from '../../store/index.ts';
import type { ProcessProbes, ProcessSample } from './process-probes.ts';

const PERIOD_MS = 1_000;

export interface LoadSamplerParts {
  readonly clock: Clock;
  readonly probes: ProcessProbes;
  /** Requests under way in relation to those that may be. */
  readonly waitingWork: () => number;
  readonly devices: () => number;
}

export class LoadSampler {
  readonly #parts: LoadSamplerParts;
  readonly #index: AvailabilityIndex;
  #sample: ProcessSample;
  #storeMs = 0;
  #storeAnswers = 0;
  #timer: Timer | undefined;
  #lookedAt: number;

  constructor(parts: LoadSamplerParts) {
    this.#parts = parts;
    this.#index = new AvailabilityIndex(parts.clock);
    // What happened while the server was put together says nothing of what it can take.
    this.#sample = parts.probes.sample();
    this.#lookedAt = parts.clock.monotonic();
    this.#next();
  }

  /** The process at the last look. */
  get sample(): ProcessSample {
    return this.#sample;
  }

  load(): Load {
    return { ...this.#index.current, devices: this.#parts.devices() };
  }

  /** The store's metrics, looked at on their way to `metrics`. */
  tap(metrics: StoreMetrics): StoreMetrics {
    return {
      observe: (operation, result, durationMs) => {
        this.#storeMs += durationMs;
        this.#storeAnswers += 1;
        metrics.observe(operation, result, durationMs);
      },
    };
  }

  close(): void {
    this.#timer?.cancel();
    this.#parts.probes.close();
  }

  #next(): void {
    this.#timer = this.#parts.clock.after(PERIOD_MS, () => {
      this.#look();
      this.#next();
    });
  }

  #look(): void {
    const { clock, probes, waitingWork } = this.#parts;
    const sample = probes.sample();
    // The probe does not see what blocked the loop across two samples; this timer was late itself then.
    const now = clock.monotonic();
    const lateMs = now - this.#lookedAt - PERIOD_MS;
    this.#lookedAt = now;
    this.#sample = { ...sample, eventLoopDelayMs: Math.max(sample.eventLoopDelayMs, lateMs) };
    const storeLatencyMs = this.#storeAnswers === 0 ? undefined : this.#storeMs / this.#storeAnswers;
    [this.#storeMs, this.#storeAnswers] = [0, 0];
    this.#index.measure({ ...this.#sample, storeLatencyMs, waitingWork: waitingWork() });
  }
}
