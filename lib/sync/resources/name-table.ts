/**
 * Names by id, of ten thousand resources in half a megabyte: the bytes of all names one after the other, and what came since the
 * last packing beside them.
 */

/** Changes that are kept unpacked: so many, or a sixteenth of what is packed. */
const UNPACKED_LIMIT = 256;

export class NameTable {
  /** Ascending. */
  #ids = new Float64Array();
  /** Where each name ends in `#bytes`. */
  #ends = new Uint32Array();
  #bytes = Buffer.alloc(0);
  /** Undefined: it is gone. */
  readonly #recent = new Map<number, string | undefined>();

  get(id: number): string | undefined {
    if (this.#recent.has(id)) return this.#recent.get(id);
    const at = this.#find(id);
    return at < 0 ? undefined : this.#nameAt(at);
  }

  set(id: number, name: string): void {
    if (this.get(id) !== name) this.#put(id, name);
  }

  /** True if it was there. */
  delete(id: number): boolean {
    const isThere = this.get(id) !== undefined;
    if (isThere) this.#put(id, undefined);
    return isThere;
  }

  clear(): void {
    this.#ids = new Float64Array();
    this.#ends = new Uint32Array();
    this.#bytes = Buffer.alloc(0);
    this.#recent.clear();
  }

  #put(id: number, name: string | undefined): void {
    this.#recent.set(id, name);
    if (this.#recent.size > Math.max(UNPACKED_LIMIT, this.#ids.length / 16)) this.#pack();
  }

  #pack(): void {
    const parts: { readonly id: number; readonly bytes: Uint8Array }[] = [];
    for (const [at, id] of this.#ids.entries()) {
      if (!this.#recent.has(id)) parts.push({ id, bytes: this.#bytesAt(at) });
    }
    for (const [id, name] of this.#recent) if (name !== undefined) parts.push({ id, bytes: Buffer.from(name) });
    parts.sort((a, b) => a.id - b.id);
    this.#bytes = Buffer.concat(parts.map(({ bytes }) => bytes));
    this.#ids = Float64Array.from(parts, ({ id }) => id);
    let end = 0;
    this.#ends = Uint32Array.from(parts, ({ bytes }) => (end += bytes.length));
    this.#recent.clear();
  }

  #bytesAt(at: number): Buffer {
    return this.#bytes.subarray(at === 0 ? 0 : this.#ends[at - 1], this.#ends[at]);
  }

  #nameAt(at: number): string {
    return this.#bytesAt(at).toString('utf8');
  }

  #find(id: number): number {
    let [low, high] = [0, this.#ids.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#ids[middle] as number;
      if (found === id) return middle;
      if (found < id) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}
