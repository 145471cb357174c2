/**
 * A bucket of requests for each device (sync-state.md, rule 8): a device in a hot loop is slowed down, its user's others
 * and everybody else's are not.
 */
import type { Clock } from '../../platform/index.ts';

const LIMIT_ENTRIES = 200_000;

interface Bucket {
  left: number;
  at: number;
}

export class RequestRate {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #buckets = new Map<string, Bucket>();

  /** `perMinute` requests on average, and as many at once; 0: no bound. */
  constructor(clock: Clock, perMinute: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
  }

  /** Takes one; 0 if there was one, else the seconds until there is. */
  take(device: string): number {
    if (this.#perMinute === 0) return 0;
    const now = this.#clock.monotonic();
    const bucket = this.#buckets.get(device) ?? this.#add(device, now);
    bucket.left = Math.min(this.#perMinute, bucket.left + ((now - bucket.at) / 60_000) * this.#perMinute);
    bucket.at = now;
    if (bucket.left < 1) return Math.max(1, Math.ceil(((1 - bucket.left) / this.#perMinute) * 60));
    bucket.left -= 1;
    return 0;
  }

  #add(device: string, now: number): Bucket {
    if (this.#buckets.size >= LIMIT_ENTRIES) {
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined) this.#buckets.delete(oldest);
    }
    const bucket = { left: this.#perMinute, at: now };
    this.#buckets.set(device, bucket);
    return bucket;
  }
}
