/** Writes documents as WBXML in the one form that MS-ASWBXML has: no string table, inline UTF-8 strings, opaque bytes. */
import type { Element } from './document.ts';
import { CODE_BY_TAG, END, HAS_CONTENT, OPAQUE, STR_I, SWITCH_PAGE, TOKEN_MASK, WBXML_HEADER } from './wbxml-tokens.ts';

const INITIAL_BYTES = 1024;
/** Up to here a loop beats the call into the runtime. */
const SHORT_TEXT = 24;
/** UTF-16 units of UTF-8 in bytes, at most. */
const MAX_BYTES_PER_UNIT = 3;
const MAX_LENGTH_BYTES = 5;
/** Of an element beside its content: page, tag, how the content begins and ends. */
const OVERHEAD_BYTES = 6;

/** What XML 1.0 forbids in text (section 2.2). Decoders on devices give up on it, and U+0000 would end the string. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
// oxlint-disable-next-line no-control-regex -- as above
const ALL_FORBIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * The bytes of a document. Characters that XML forbids are left out of texts; a lone surrogate becomes U+FFFD. An element
 * with empty content is written as an empty tag.
 */
export function writeWbxml(root: Element): Uint8Array {
  const writer = new Writer(INITIAL_BYTES + lengthOf(root));
  writer.element(root);
  return writer.bytes();
}

/** What a document takes in about: nearly all texts are ASCII, and the buffer need not grow. */
function lengthOf({ content }: Element): number {
  if (typeof content === 'string' || content instanceof Uint8Array) return content.length + OVERHEAD_BYTES;
  let length = OVERHEAD_BYTES;
  for (const child of content) length += lengthOf(child);
  return length;
}

class Writer {
  #buffer: Buffer;
  #at = 0;
  #page = 0;

  constructor(sizeBytes: number) {
    this.#buffer = Buffer.allocUnsafe(sizeBytes);
    for (const byte of WBXML_HEADER) this.#buffer[this.#at++] = byte;
  }

  /** A small document in bytes of its own: a held answer must not hold the shared 64 KiB that buffers are cut from. */
  bytes(): Uint8Array {
    const bytes = this.#buffer.subarray(0, this.#at);
    return this.#at <= INITIAL_BYTES ? new Uint8Array(bytes) : bytes;
  }

  element(it: Element): void {
    const { tag, content } = it;
    const code = CODE_BY_TAG.get(tag) as number;
    const page = code >> 6;
    const token = code & TOKEN_MASK;
    this.#reserve(4);
    if (page !== this.#page) {
      this.#buffer[this.#at++] = SWITCH_PAGE;
      this.#buffer[this.#at++] = page;
      this.#page = page;
    }
    if (content.length === 0) {
      this.#buffer[this.#at++] = token;
      return;
    }
    this.#buffer[this.#at++] = token | HAS_CONTENT;
    if (typeof content === 'string') this.#text(content);
    else if (content instanceof Uint8Array) this.#opaque(content);
    else for (const child of content) this.element(child);
    this.#reserve(1);
    this.#buffer[this.#at++] = END;
  }

  #text(text: string): void {
    // Its exact size is worth a pass over the text where there might be no room for it.
    if (this.#at + text.length * MAX_BYTES_PER_UNIT + 2 > this.#buffer.length)
      this.#reserve(Buffer.byteLength(text) + 2);
    this.#buffer[this.#at++] = STR_I;
    if (!(text.length <= SHORT_TEXT && this.#shortText(text))) {
      this.#at += this.#buffer.write(FORBIDDEN.test(text) ? text.replace(ALL_FORBIDDEN, '') : text, this.#at, 'utf8');
    }
    this.#buffer[this.#at++] = 0;
  }

  /** Printable ASCII, written unit by unit; false, and nothing written, for anything else. */
  #shortText(text: string): boolean {
    const buffer = this.#buffer;
    const at = this.#at;
    const length = text.length;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit < 0x20 || unit > 0x7e) return false;
      buffer[at + index] = unit;
    }
    this.#at = at + length;
    return true;
  }

  #opaque(bytes: Uint8Array): void {
    this.#reserve(bytes.length + MAX_LENGTH_BYTES + 1);
    this.#buffer[this.#at++] = OPAQUE;
    for (let shift = 28; shift > 0; shift -= 7) {
      if (bytes.length >= 2 ** shift) this.#buffer[this.#at++] = 0x80 | ((bytes.length >>> shift) & 0x7f);
    }
    this.#buffer[this.#at++] = bytes.length & 0x7f;
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Room for `count` more bytes. */
  #reserve(count: number): void {
    if (this.#at + count <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#at + count, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
