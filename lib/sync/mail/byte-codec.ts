/** Numbers and texts as bytes, for state that must stay small: varints, deltas, runs. */
import { UidRuns } from '../../backends/index.ts';
import { SyncError } from '../errors.ts';

const GROWTH_BYTES = 1_024;
/** No set that was written by us has more members. */
const COUNT_LIMIT = 50_000_000;

export class ByteWriter {
  #bytes = new Uint8Array(GROWTH_BYTES);
  #length = 0;

  /** An integer from 0 to 2^53 − 1. */
  number(value: number): void {
    let left = value;
    for (; left > 0x7f; left = Math.floor(left / 128)) this.#byte((left % 128) | 0x80);
    this.#byte(left);
  }

  text(value: string): void {
    const bytes = Buffer.from(value, 'utf8');
    this.number(bytes.length);
    for (const byte of bytes) this.#byte(byte);
  }

  /** Ascending numbers, as gaps. */
  ascending(values: ArrayLike<number> & Iterable<number>): void {
    this.number(values.length);
    let last = 0;
    for (const value of values) {
      this.number(value - last);
      last = value;
    }
  }

  runs(runs: UidRuns): void {
    this.number(runs.runs.length);
    let end = 0;
    for (const [first, last] of runs.runs) {
      this.number(first - end);
      this.number(last - first);
      end = last;
    }
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      const wider = new Uint8Array(this.#bytes.length * 2);
      wider.set(this.#bytes);
      this.#bytes = wider;
    }
    this.#bytes[this.#length++] = value;
  }
}

/** Throws SyncError('state-corrupt') for anything that a ByteWriter did not write. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  number(limit = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw corrupt('it ends too early');
      value += (byte & 0x7f) * factor;
      if (value > limit) throw corrupt('a number is out of range');
      if (byte < 0x80) return value;
      factor *= 128;
    }
  }

  text(): string {
    const length = this.number(this.#bytes.length);
    if (this.#at + length > this.#bytes.length) throw corrupt('it ends too early');
    this.#at += length;
    return Buffer.from(this.#bytes.subarray(this.#at - length, this.#at)).toString('utf8');
  }

  ascending(): number[] {
    const count = this.number(this.#bytes.length);
    const values: number[] = [];
    for (let i = 0, last = 0; i < count; i++) values.push((last += this.number()));
    return values;
  }

  runs(): UidRuns {
    const count = this.number(this.#bytes.length);
    const runs: [number, number][] = [];
    let size = 0;
    for (let i = 0, end = 0; i < count; i++) {
      const first = end + this.number();
      end = first + this.number();
      size += end - first + 1;
      if (end > Number.MAX_SAFE_INTEGER || size > COUNT_LIMIT) throw corrupt('a run is out of range');
      runs.push([first, end]);
    }
    return UidRuns.ofRuns(runs);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw corrupt('something follows its end');
  }
}

export function corrupt(why: string, cause?: unknown): SyncError {
  return new SyncError('state-corrupt', 'the state of a collection cannot be read', {
    why,
    remedy: 'none is needed: the device begins this collection again',
    cause,
  });
}
