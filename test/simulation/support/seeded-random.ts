import type { Random } from '../../../lib/platform/index.ts';

/** The same numbers for the same seed, on every machine (splitmix over 32 bits). */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
    for (let warmUp = 0; warmUp < 4; warmUp++) this.#next();
  }

  number(): number {
    return this.#next() / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#next() & 255);
  }

  /** In [from, to). */
  between(from: number, to: number): number {
    return from + this.number() * (to - from);
  }

  chance(probability: number): boolean {
    return this.number() < probability;
  }

  pick<T>(values: readonly T[]): T {
    if (values.length === 0) throw new Error('Nothing to pick from');
    return values[Math.floor(this.number() * values.length)] as T;
  }

  /** Another source that goes its own way from here. */
  fork(): SeededRandom {
    return new SeededRandom(this.#next());
  }

  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}
