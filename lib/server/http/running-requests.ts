/** How many requests are being worked on. Parked ones are not: nothing of the road is held for them. */
export class RunningRequests {
  readonly #most: number;
  #count = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#count;
  }

  /** False if as many as may be are running already. What is true is followed by `leave`. */
  tryEnter(): boolean {
    if (this.#count >= this.#most) return false;
    this.#count++;
    return true;
  }

  /** For what was let in once and goes on: a parked request that runs again is not refused. */
  enter(): void {
    this.#count++;
  }

  leave(): void {
    this.#count--;
  }
}
