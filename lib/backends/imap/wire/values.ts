/**
 * What a server's response consists of, parsed from bytes in one pass without copying (RFC 3501 section 4). imapflow's own
 * parser needs 4–10 times as long as the server does to send headers and bodies, and keeps one command in flight; that
 * is why the bytes after login are read here.
 */

/** An atom or quoted string, a literal, NIL, or a list. */
export type Value = string | Buffer | null | Value[];

const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const BACKSLASH = 0x5c;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const TILDE = 0x7e;
/** Makes an ASCII letter a small one. */
const LOWER = 0x20;
/** Deeper nesting than any message has; a server that sends more is refused rather than followed. */
const MAX_DEPTH = 200;

/** All values of `bytes` from `start` on. */
export function parseValues(bytes: Buffer, start = 0): Value[] {
  return new Parser(bytes, start).list(0);
}

class Parser {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Up to the closing parenthesis, which is consumed, or the end. */
  list(depth: number): Value[] {
    if (depth > MAX_DEPTH) throw new Error('the response is nested too deeply');
    const values: Value[] = [];
    while (this.#at < this.#bytes.length) {
      const byte = this.#bytes[this.#at] as number;
      if (byte === SPACE) this.#at++;
      else if (byte === CLOSE) {
        this.#at++;
        return values;
      } else if (byte === OPEN) {
        this.#at++;
        values.push(this.list(depth + 1));
      } else if (byte === QUOTE) values.push(this.#quoted());
      else if (byte === BRACE_OPEN || (byte === TILDE && this.#bytes[this.#at + 1] === BRACE_OPEN)) {
        values.push(this.#literal());
      } else values.push(this.#atom());
    }
    return values;
  }

  #quoted(): string {
    const bytes = this.#bytes;
    const start = this.#at + 1;
    let end = start;
    let escaped = false;
    while (end < bytes.length && bytes[end] !== QUOTE) {
      if (bytes[end] === BACKSLASH) {
        escaped = true;
        end++;
      }
      end++;
    }
    this.#at = end + 1;
    const text = bytes.toString('utf8', start, end);
    return escaped ? text.replace(/\\(.)/g, '$1') : text;
  }

  #literal(): Buffer {
    const bytes = this.#bytes;
    const close = bytes.indexOf(BRACE_CLOSE, this.#at);
    const from = bytes.indexOf(BRACE_OPEN, this.#at) + 1;
    const size = Number.parseInt(bytes.toString('latin1', from, close), 10);
    const start = close + (bytes[close + 1] === 0x0d ? 3 : 2);
    if (close < 0 || !Number.isSafeInteger(size)) throw new Error('a literal has no size');
    this.#at = start + size;
    return bytes.subarray(start, this.#at);
  }

  /** Section specifications keep their spaces and lists: `BODY[HEADER.FIELDS (SUBJECT)]<0>` is one atom. */
  #atom(): string | null {
    const bytes = this.#bytes;
    const start = this.#at;
    let end = start;
    let brackets = 0;
    for (; end < bytes.length; end++) {
      const byte = bytes[end];
      if (byte === BRACKET_OPEN) brackets++;
      else if (byte === BRACKET_CLOSE && brackets > 0) brackets--;
      else if (brackets === 0 && (byte === SPACE || byte === OPEN || byte === CLOSE)) break;
    }
    this.#at = end === start ? end + 1 : end;
    return this.#at - start === 3 && isNil(bytes, start) ? null : bytes.toString('latin1', start, this.#at);
  }
}

/** Every other value of a structure is one: none of them need become a text first. */
const isNil = (bytes: Buffer, at: number): boolean =>
  ((bytes[at] as number) | LOWER) === 0x6e &&
  ((bytes[at + 1] as number) | LOWER) === 0x69 &&
  ((bytes[at + 2] as number) | LOWER) === 0x6c;

/** The text of a string, atom or literal; '' for NIL and lists. */
export function textOf(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

export function listOf(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}

/** `(NAME value NAME value …)` as a map with upper-case names. */
export function pairsOf(values: readonly Value[]): Map<string, Value> {
  const pairs = new Map<string, Value>();
  for (let i = 0; i + 1 < values.length; i += 2) pairs.set(textOf(values[i]).toUpperCase(), values[i + 1] as Value);
  return pairs;
}
