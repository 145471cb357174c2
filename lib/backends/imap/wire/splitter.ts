/** Cuts what the socket brings into whole responses, literals included, the final CRLF not. */

const LF = 0x0a;
const CR = 0x0d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const ZERO = 0x30;
/** No message is larger; a server that announces more is not believed. */
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024;

export class ResponseSplitter {
  readonly #emit: (response: Buffer) => void;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Where in the joined chunks the search for a line's end goes on; beyond their end while a literal is coming in. */
  #scan = 0;

  constructor(emit: (response: Buffer) => void) {
    this.#emit = emit;
  }

  /** Throws when a response is larger than any that makes sense. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size <= this.#scan) return;
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#size);
    let start = 0;
    for (;;) {
      const lineEnd = bytes.indexOf(LF, this.#scan);
      if (lineEnd < 0) {
        this.#scan = bytes.length;
        break;
      }
      const contentEnd = bytes[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd;
      const literalBytes = announcedLiteral(bytes, start, contentEnd);
      this.#scan = lineEnd + 1 + (literalBytes ?? 0);
      if (literalBytes !== undefined) {
        if (this.#scan - start > MAX_RESPONSE_BYTES) throw new Error('the server announced an absurdly large response');
        if (this.#scan >= bytes.length) break;
        continue;
      }
      const response = bytes.subarray(start, contentEnd);
      start = this.#scan;
      if (response.length > 0) this.#emit(response);
      if (start >= bytes.length) break;
    }
    if (bytes.length - start > MAX_RESPONSE_BYTES) throw new Error('the server sent an absurdly large response');
    this.#chunks = start < bytes.length ? [start === 0 ? bytes : bytes.subarray(start)] : [];
    this.#size = bytes.length - start;
    this.#scan -= start;
  }
}

/** The size of the literal that a line ending like `{123}` announces. */
function announcedLiteral(bytes: Buffer, start: number, end: number): number | undefined {
  if (bytes[end - 1] !== BRACE_CLOSE) return undefined;
  let size = 0;
  let scale = 1;
  let at = end - 2;
  for (; at >= start; at--) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) break;
    size += digit * scale;
    scale *= 10;
  }
  return at >= start && at < end - 2 && bytes[at] === BRACE_OPEN ? size : undefined;
}
