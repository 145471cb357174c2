/**
 * What the contents of files were when their signatures were these, in 32 bytes a file: a file whose signature is the same is not
 * read again. Names and signatures are kept as hashes of 53 bits, etags (128 bits in base64url) as their bytes.
 */

const ETAG_BYTES = 16;

export interface KnownFile {
  readonly name: string;
  readonly signature: string;
  readonly etag: string;
}

export class KnownFiles {
  /** Ascending. */
  readonly #names: Float64Array;
  readonly #signatures: Float64Array;
  readonly #etags: Buffer;

  constructor(files: readonly KnownFile[] = []) {
    const rows = files.map((it) => ({ ...it, hash: hashOf(it.name) })).sort((a, b) => a.hash - b.hash);
    this.#names = Float64Array.from(rows, ({ hash }) => hash);
    this.#signatures = Float64Array.from(rows, ({ signature }) => hashOf(signature));
    this.#etags = Buffer.alloc(rows.length * ETAG_BYTES);
    for (const [at, { etag }] of rows.entries()) this.#etags.write(etag, at * ETAG_BYTES, ETAG_BYTES, 'base64url');
  }

  /** Undefined: the file has to be read. */
  etagOf(name: string, signature: string): string | undefined {
    const at = this.#find(hashOf(name));
    if (at < 0 || this.#signatures[at] !== hashOf(signature)) return undefined;
    return this.#etags.toString('base64url', at * ETAG_BYTES, (at + 1) * ETAG_BYTES);
  }

  #find(hash: number): number {
    let [low, high] = [0, this.#names.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const found = this.#names[middle] as number;
      if (found === hash) return middle;
      if (found < hash) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }
}

/** Two multiplicative hashes of 32 bits side by side: nobody but the owner of the files chooses their names. */
function hashOf(text: string): number {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    one = Math.imul(one ^ code, 2654435761);
    other = Math.imul(other ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & other) + (one >>> 0);
}
