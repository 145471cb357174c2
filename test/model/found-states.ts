/** States that were found, all of one length, numbered as they came. A map of strings would take three times as long. */
import type { State } from './explore.ts';

const FIRST_SLOTS = 1_024;
// FNV-1a.
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

export class FoundStates {
  count = 0;
  readonly #length: number;
  /** State after state. */
  #bytes: Uint8Array;
  /** A state's number and one, where its hash says or in the next free place; 0: free. At most half are taken. */
  #slots = new Int32Array(FIRST_SLOTS);

  constructor(length: number) {
    this.#length = length;
    this.#bytes = new Uint8Array(length * (FIRST_SLOTS / 2));
  }

  at(number: number): State {
    return this.#bytes.subarray(number * this.#length, (number + 1) * this.#length);
  }

  /** Its number, which is what `count` was if it was not found before. It is copied. */
  add(state: State): number {
    const slot = this.#slotOf(state, 0);
    const known = this.#slots[slot] as number;
    if (known > 0) return known - 1;
    const number = this.count++;
    this.#bytes.set(state, number * this.#length);
    this.#slots[slot] = this.count;
    if (this.count * 2 === this.#slots.length) this.#grow();
    return number;
  }

  /** Where it is, or would be. `from`: where it begins in `bytes`. */
  #slotOf(bytes: Uint8Array, from: number): number {
    const last = this.#slots.length - 1;
    let hash = BASIS;
    for (let byte = 0; byte < this.#length; byte++) hash = Math.imul(hash ^ (bytes[from + byte] as number), PRIME);
    let slot = (hash ^ (hash >>> 15)) & last;
    for (let known = this.#slots[slot] as number; known > 0; known = this.#slots[slot] as number) {
      if (this.#isAt((known - 1) * this.#length, bytes, from)) break;
      slot = (slot + 1) & last;
    }
    return slot;
  }

  #isAt(own: number, bytes: Uint8Array, from: number): boolean {
    for (let byte = 0; byte < this.#length; byte++) if (this.#bytes[own + byte] !== bytes[from + byte]) return false;
    return true;
  }

  #grow(): void {
    const former = this.#bytes;
    this.#bytes = new Uint8Array(former.length * 2);
    this.#bytes.set(former);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < this.count; number++)
      this.#slots[this.#slotOf(this.#bytes, number * this.#length)] = number + 1;
  }
}
