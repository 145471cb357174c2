/**
 * The MIME tree of a raw message with IMAP section numbers (RFC 3501 section 6.4.5) and the byte range of every section.
 * One pass over the lines, bounded in depth and in parts, never throwing: whatever is not MIME is text.
 */
import { decodeHeaderText, type HeaderField, headerFields, structuredValue } from './mime-header.ts';
import type { Part } from './message.ts';

/** Multiparts and nested messages deeper than this are left as one leaf. */
const DEPTH_LIMIT = 32;
/** Delimiters after so many parts are content of the last one. */
const PARTS_LIMIT = 2_000;
/** RFC 2046 allows 70; a delimiter line longer than this is content. */
const BOUNDARY_LIMIT_BYTES = 256;
const LINE_LIMIT_BYTES = BOUNDARY_LIMIT_BYTES + 10;
const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const DASH = 45;
const AT_HAND_BYTES = 64;
const NEWLINE_DASHES = Buffer.from('\n--');

/** Bytes `[start, end)` of the raw message. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ParsedMessage {
  /** The header block, ending with the empty line even where the message forgot it. */
  readonly header: Uint8Array;
  readonly structure: Part;
  /**
   * Where a section's transfer-encoded content lies: `''` is the whole message; of a multipart or a nested message everything
   * in it. Undefined if there is no such section.
   */
  slice(path: string): ByteRange | undefined;
}

/**
 * Parses any bytes as a message. A nested message's root is numbered like a message's own, behind the number of the part that
 * holds it: `2` itself for a multipart, `2.1` for anything else.
 */
export function parseMessage(raw: Uint8Array): ParsedMessage {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const scanner = new Scanner(bytes);
  const { structure, headerEnd } = scanner.message('');
  const ranges = scanner.ranges;
  ranges.set('', { start: 0, end: bytes.length });
  return { header: closedHeader(bytes.subarray(0, headerEnd)), structure, slice: (path) => ranges.get(path) };
}

function closedHeader(header: Buffer): Uint8Array {
  if (/(^|\n)\r?\n$/.test(header.subarray(-3).toString('latin1'))) return header;
  const text = header.subarray(-2).toString('latin1');
  return Buffer.concat([header, Buffer.from(text.endsWith('\n') || header.length === 0 ? '\r\n' : '\r\n\r\n')]);
}

/** The delimiter at which a scan ended: the nesting level it belongs to, or none at the end of the message. */
interface Stop {
  /** Where the content before it ends: its own line break not included. */
  readonly contentEnd: number;
  /** Index in the stack of open multiparts; -1 at the end of the message. */
  readonly level: number;
  readonly closing: boolean;
}

interface Entity {
  readonly structure: Part;
  readonly stop: Stop;
  readonly headerEnd: number;
}

interface Description {
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly encoding: string;
  readonly shared: Pick<Part, 'id' | 'description' | 'disposition' | 'dispositionParameters' | 'location'>;
}

class Scanner {
  readonly ranges = new Map<string, ByteRange>();
  readonly #raw: Buffer;
  readonly #boundaries: Buffer[] = [];
  #at = 0;
  #parts = 0;
  #depth = 0;

  constructor(raw: Buffer) {
    this.#raw = raw;
  }

  /** A message from here on: the outermost one, or one inside the part `prefix`. */
  message(prefix: string): Entity {
    return this.#entity((isMultipart) => (isMultipart ? prefix : prefix === '' ? '1' : `${prefix}.1`), 'text/plain');
  }

  #entity(number: (isMultipart: boolean) => string, defaultType: string): Entity {
    this.#parts++;
    this.#depth++;
    const headerStart = this.#at;
    const early = this.#skipHeader();
    const headerEnd = early ? early.contentEnd : this.#at;
    const described = describe(headerFields(this.#raw.subarray(headerStart, headerEnd)), defaultType);
    const start = headerEnd;
    const deeper = this.#depth < DEPTH_LIMIT && this.#parts < PARTS_LIMIT;
    const boundary = described.parameters['boundary']?.trimEnd() ?? '';
    let entity: { structure: Part; stop: Stop } | undefined;
    if (early) entity = this.#leaf(described, number(false), start, early);
    else if (described.type.startsWith('multipart/')) {
      if (deeper && boundary !== '' && boundary.length <= BOUNDARY_LIMIT_BYTES)
        entity = this.#multipart(described, boundary, number, start);
    } else if (deeper && isNestedMessage(described)) entity = this.#nested(described, number(false), start);
    entity ??= this.#leaf(described, number(false), start, this.#scan());
    this.#depth--;
    return { ...entity, headerEnd };
  }

  #leaf(described: Description, path: string, start: number, stop: Stop): { structure: Part; stop: Stop } {
    // A multipart that is none can only be shown as text.
    const type = described.type.startsWith('multipart/') ? 'text/plain' : described.type;
    return { structure: this.#part({ ...described, type }, path, start, stop, []), stop };
  }

  #multipart(
    described: Description,
    boundary: string,
    number: (isMultipart: boolean) => string,
    start: number,
  ): { structure: Part; stop: Stop } {
    const level = this.#boundaries.push(Buffer.from(boundary)) - 1;
    const path = number(true);
    const childType = described.type === 'multipart/digest' ? 'message/rfc822' : 'text/plain';
    const parts: Part[] = [];
    let stop = this.#scan();
    while (stop.level === level && !stop.closing) {
      const childPath = path === '' ? `${parts.length + 1}` : `${path}.${parts.length + 1}`;
      const child = this.#entity(() => childPath, childType);
      parts.push(child.structure);
      stop = child.stop;
    }
    this.#boundaries.length = level;
    // Behind the closing delimiter comes an epilogue, which belongs to nobody.
    if (stop.level === level) stop = this.#scan(true);
    if (parts.length === 0) return this.#leaf(described, number(false), start, stop);
    return { structure: { ...this.#part(described, path, start, stop, parts), sizeBytes: 0 }, stop };
  }

  #nested(described: Description, path: string, start: number): { structure: Part; stop: Stop } {
    const inner = this.message(path);
    const structure = this.#part(described, path, start, inner.stop, [inner.structure]);
    return { structure, stop: inner.stop };
  }

  #part(described: Description, path: string, start: number, stop: Stop, parts: readonly Part[]): Part {
    const range = { start, end: Math.max(start, stop.contentEnd) };
    this.ranges.set(path, range);
    return {
      path,
      type: described.type,
      parameters: described.parameters,
      encoding: described.encoding,
      sizeBytes: range.end - range.start,
      ...described.shared,
      parts,
    };
  }

  /** Moves behind the empty line. A delimiter inside the header ends the part at once: it is given back. */
  #skipHeader(): Stop | undefined {
    const raw = this.#raw;
    while (this.#at < raw.length) {
      const lineStart = this.#at;
      if (raw[lineStart] === LF) {
        this.#at = lineStart + 1;
        return undefined;
      }
      if (raw[lineStart] === CR && raw[lineStart + 1] === LF) {
        this.#at = lineStart + 2;
        return undefined;
      }
      if (raw[lineStart] === DASH && raw[lineStart + 1] === DASH) {
        const stop = this.#delimiterAt(lineStart, lineStart);
        if (stop) return stop;
      }
      const newline = raw.indexOf(LF, lineStart);
      this.#at = newline < 0 ? raw.length : newline + 1;
    }
    return undefined;
  }

  /**
   * Moves behind the next delimiter line of any open multipart, or to the end. The line break before a delimiter belongs to
   * it (RFC 2046 section 5.1.1): after a closing delimiter that one too, after a header's empty line not.
   */
  #scan(isEpilogue = false): Stop {
    const raw = this.#raw;
    const start = this.#at;
    const atLineStart = start === 0 || raw[start - 1] === LF;
    if (atLineStart && raw[start] === DASH && raw[start + 1] === DASH) {
      const lineBreakBytes = isEpilogue ? (raw[start - 2] === CR ? 2 : 1) : 0;
      const stop = this.#delimiterAt(start, start - lineBreakBytes);
      if (stop) return stop;
    }
    let from = start;
    while (this.#boundaries.length > 0) {
      const newline = this.#nextDashes(from);
      if (newline < 0) break;
      const contentEnd = newline > start && raw[newline - 1] === CR ? newline - 1 : newline;
      const stop = this.#delimiterAt(newline + 1, Math.max(start, contentEnd));
      if (stop) return stop;
      from = newline + 1;
    }
    this.#at = raw.length;
    return { contentEnd: raw.length, level: -1, closing: false };
  }

  /** Where the next line begins with dashes. At hand it is looked for here: a call costs more than a short line. */
  #nextDashes(from: number): number {
    const raw = this.#raw;
    const near = Math.min(raw.length, from + AT_HAND_BYTES);
    for (let at = from; at < near; at++) {
      if (raw[at] === LF && raw[at + 1] === DASH && raw[at + 2] === DASH) return at;
    }
    return raw.indexOf(NEWLINE_DASHES, near);
  }

  /** A message may be nothing but lines that look like one: no text is made of them. */
  #delimiterAt(lineStart: number, contentEnd: number): Stop | undefined {
    if (this.#parts >= PARTS_LIMIT) return undefined;
    for (let level = this.#boundaries.length - 1; level >= 0; level--) {
      const behind = this.#behind(this.#boundaries[level] as Buffer, lineStart + 2);
      if (behind === undefined) continue;
      const closing = this.#raw[behind] === DASH && this.#raw[behind + 1] === DASH;
      const next = this.#endOfBlankLine(closing ? behind + 2 : behind, lineStart + LINE_LIMIT_BYTES);
      if (next === undefined) continue;
      this.#at = next;
      return { contentEnd, level, closing };
    }
    return undefined;
  }

  /** Where the boundary ends that begins here; boundaries come out of decodeBytes(), and are UTF-8 here. */
  #behind(boundary: Buffer, start: number): number | undefined {
    for (let at = 0; at < boundary.length; at++) if (this.#raw[start + at] !== boundary[at]) return undefined;
    return start + boundary.length;
  }

  /** The start of the next line; undefined if there is more on this one, or it is over its limit. */
  #endOfBlankLine(from: number, limitAt: number): number | undefined {
    const raw = this.#raw;
    const limit = Math.min(raw.length, limitAt);
    for (let at = from; at < limit; at++) {
      if (raw[at] === LF) return at + 1;
      if (raw[at] !== CR && raw[at] !== SPACE && raw[at] !== TAB) return undefined;
    }
    return limit === raw.length ? raw.length : undefined;
  }
}

/** A nested message is looked into unless it is (against RFC 2046 section 5.2.1) encoded. */
function isNestedMessage(described: Description): boolean {
  return (
    (described.type === 'message/rfc822' || described.type === 'message/global') &&
    /^(7bit|8bit|binary)$/.test(described.encoding)
  );
}

function describe(fields: readonly HeaderField[], defaultType: string): Description {
  const first = (name: string) => fields.find((field) => field[0] === name)?.[1];
  const content = structuredValue(first('content-type') ?? defaultType);
  const disposition = structuredValue(first('content-disposition') ?? '');
  const isNamed = disposition.value === 'attachment' || content.parameters['name'] !== undefined;
  const fallback = first('content-type') !== undefined && isNamed ? 'application/octet-stream' : defaultType;
  const encoding = /^[!-~]+/.exec(first('content-transfer-encoding') ?? '')?.[0].toLowerCase();
  const id = first('content-id');
  const description = first('content-description');
  const location = first('content-location');
  return {
    type: /^[!#$&^_.+\-a-z0-9*']+\/[!#$&^_.+\-a-z0-9*']+$/.test(content.value) ? content.value : fallback,
    parameters: content.parameters,
    encoding: encoding ?? '7bit',
    shared: {
      dispositionParameters: disposition.parameters,
      ...(id ? { id } : {}),
      ...(description ? { description: decodeHeaderText(description) } : {}),
      ...(disposition.value ? { disposition: disposition.value } : {}),
      ...(location ? { location: location.replaceAll(/\s/g, '') } : {}),
    },
  };
}
