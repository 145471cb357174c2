/** A clock that stands still until a test moves it, and runs what became due in order. */
import type { Clock, Timer } from '../../lib/platform/index.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

export class ManualClock implements Clock {
  #elapsedMs = 0;
  #order = 0;
  readonly #startMs: number;
  readonly #pending = new Set<Pending>();

  constructor(start = Date.UTC(2026, 0, 15, 9)) {
    this.#startMs = start;
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, task: () => void): Timer {
    const pending = { at: this.#elapsedMs + Math.max(0, delayMs), order: this.#order++, task };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  /** Moves on, running due tasks one by one; awaits between them so that what they began can go on. */
  async advance(byMs: number): Promise<void> {
    const until = this.#elapsedMs + byMs;
    for (;;) {
      const next = [...this.#pending]
        .filter((it) => it.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (!next) break;
      this.#pending.delete(next);
      this.#elapsedMs = Math.max(this.#elapsedMs, next.at);
      next.task();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#elapsedMs = until;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
