/** How long to wait in one request: longer while answers come, shorter when a network on the way cuts them off. */

export interface HeartbeatBounds {
  /** Default 60. */
  readonly minSeconds: number;
  /** Default 1,740: 29 minutes, under the half hour of most networks. */
  readonly maxSeconds: number;
  /** Default 300. */
  readonly startSeconds: number;
}

export const DEFAULT_HEARTBEAT: HeartbeatBounds = { minSeconds: 60, maxSeconds: 1_740, startSeconds: 300 };

const GROWTH_SECONDS = 180;
const SHRINK_FACTOR = 0.5;

export class Heartbeat {
  #seconds: number;
  #min: number;
  #max: number;

  constructor(bounds: Partial<HeartbeatBounds> = {}) {
    const { minSeconds, maxSeconds, startSeconds } = { ...DEFAULT_HEARTBEAT, ...bounds };
    this.#min = minSeconds;
    this.#max = maxSeconds;
    this.#seconds = this.#within(startSeconds);
  }

  get seconds(): number {
    return this.#seconds;
  }

  /** The whole interval passed and the answer came. */
  held(): void {
    this.#seconds = this.#within(this.#seconds + GROWTH_SECONDS);
  }

  /** No answer came: this long is too long, and so is anything above. */
  lost(): void {
    this.#max = Math.max(this.#min, this.#seconds - 1);
    this.#seconds = this.#within(Math.floor(this.#seconds * SHRINK_FACTOR));
  }

  /** The server allows no less, or no more, than this (Status 5). */
  bounded(seconds: number): void {
    if (seconds > this.#seconds) this.#min = seconds;
    else this.#max = seconds;
    this.#seconds = seconds;
  }

  #within(seconds: number): number {
    return Math.max(this.#min, Math.min(this.#max, seconds));
  }
}
