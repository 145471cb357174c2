/** The header of a message, read once: fields by name, decoded to Unicode (RFC 2047, RFC 6532, raw 8-bit text). */
import { decodeWords } from 'postal-mime';
import { decodeText } from './charset.ts';
import { cutText, oneLine } from './xml-text.ts';

/** What lies behind is nobody's header; it must not cost memory. */
const HEADER_LIMIT_BYTES = 256 * 1024;
const FIELDS_LIMIT = 1_000;
/** A decoded value is a line on a small screen. */
const VALUE_LIMIT = 32 * 1024;
/** RFC 5322 section 3.6.8 */
const FIELD_NAME = /^[!-9;-~]+$/;

export class MessageHeader {
  /** By name, by occurrence, unfolded. */
  readonly #fields = new Map<string, string[]>();

  constructor(block: Uint8Array) {
    const text = decodeText(block.subarray(0, HEADER_LIMIT_BYTES), 'utf-8');
    let current: string[] | undefined;
    let fields = 0;
    // Line by line, up to the empty one.
    for (let at = 0; at < text.length; ) {
      const lineFeed = text.indexOf('\n', at);
      const next = lineFeed < 0 ? text.length : lineFeed + 1;
      const end = lineFeed < 0 ? next : text[lineFeed - 1] === '\r' ? lineFeed - 1 : lineFeed;
      if (end <= at) return;
      const line = text.slice(at, end);
      at = next;
      if (line.startsWith(' ') || line.startsWith('\t')) {
        if (current) current.push(`${current.pop()}${line}`);
        continue;
      }
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(0, colon)).trimEnd().toLowerCase();
      current = undefined;
      if (!FIELD_NAME.test(name) || ++fields > FIELDS_LIMIT) continue;
      const value = line.slice(colon + 1);
      current = this.#fields.get(name);
      if (current) current.push(value);
      else this.#fields.set(name, (current = [value]));
    }
  }

  /** The first field of that (lower-case) name, unfolded, encoded words as they are. */
  raw(name: string): string | undefined {
    return this.#fields.get(name)?.[0]?.trim();
  }

  /** All fields of a name that may be repeated, as one list. */
  list(name: string): string | undefined {
    return this.#fields.get(name)?.join(',').trim();
  }

  /** As one line of clean text; undefined where the field is absent. */
  text(name: string): string | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : decodeHeaderText(value);
  }
}

/** Encoded words to Unicode, white space to single spaces, without what XML forbids. Never throws. */
export function decodeHeaderText(value: string): string {
  const bounded = cutText(value, VALUE_LIMIT);
  if (!bounded.includes('=?')) return oneLine(bounded);
  try {
    return oneLine(decodeWords(bounded));
  } catch {
    return oneLine(bounded);
  }
}
