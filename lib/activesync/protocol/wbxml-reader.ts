/**
 * Reads WBXML as MS-ASWBXML has it. One numeric state machine takes the bytes in whatever pieces the network brings; a
 * document in one piece is the case of one push. Strict about what ActiveSync leaves out of WBXML, tolerant of what
 * devices do: any order, empty tags, a page switch anywhere, text in several strings, retired tokens.
 */
import type { TagName } from './code-pages.ts';
import type { Content, Element } from './document.ts';
import { WbxmlError } from './errors.ts';
import {
  END,
  FIRST_TAG_TOKEN,
  FORBIDDEN_TOKENS,
  HAS_ATTRIBUTES,
  HAS_CONTENT,
  hex,
  isRetired,
  LAST_PAGE,
  OPAQUE,
  STR_I,
  SWITCH_PAGE,
  TAG_BY_CODE,
  tagCode,
  TOKEN_MASK,
  WBXML_HEADER,
} from './wbxml-tokens.ts';

/** What a document may cost. A document beyond a limit is a WbxmlError as any other fault. */
export interface WbxmlLimits {
  /** Elements within each other. Default 32; the deepest schema has 12, and a Search query may nest. */
  readonly depth: number;
  /** Bytes in all. Default 50 MiB; the door has a lower one a command. */
  readonly bodyBytes: number;
  /** Bytes of one inline string. Default 16 MiB. Opaque data is bounded by the body alone. */
  readonly textBytes: number;
  /** Elements and texts in all. Default 100,000: some 40 bytes of memory each. */
  readonly elements: number;
}

export const DEFAULT_WBXML_LIMITS: WbxmlLimits = {
  depth: 32,
  bodyBytes: 50 * 1024 * 1024,
  textBytes: 16 * 1024 * 1024,
  elements: 100_000,
};

/** A length in WBXML is a multi-byte integer; five bytes hold 32 bits. */
const MAX_LENGTH_BYTES = 5;
const EMPTY: readonly Element[] = Object.freeze([]);

const AT_TOKEN = 4; // 0 to 3: that byte of the header
const AT_PAGE = 5;
const IN_TEXT = 6;
const IN_LENGTH = 7;
const IN_OPAQUE = 8;
const AT_END = 9;

/**
 * Feed it with `push`, then ask `end` for the root. Both throw WbxmlError, with the offset of the fault; the reader is of
 * no use afterwards. Bytes that are not UTF-8 become U+FFFD, as on devices: a mail's text is no reason to refuse a Sync.
 * Opaque contents may be views of a pushed chunk, which therefore must not be written to again.
 */
export class WbxmlReader {
  readonly #limits: WbxmlLimits;
  #state = 0;
  /** Bytes of earlier chunks. */
  #base = 0;
  #page = 0;
  #root: Element | undefined;
  #elements = 0;
  /** Open elements, outermost first, and what each holds so far. */
  readonly #tags: TagName[] = [];
  readonly #contents: (string | Uint8Array | Element[] | undefined)[] = [];
  /** Open retired elements: their content is read and dropped. */
  #retired = 0;
  /** A string or opaque value that began in an earlier chunk. */
  #pieces: Uint8Array[] = [];
  #pieceBytes = 0;
  #opaqueBytes = 0;
  #lengthBytes = 0;

  constructor(limits: Partial<WbxmlLimits> = {}) {
    this.#limits = { ...DEFAULT_WBXML_LIMITS, ...limits };
  }

  /** Takes the next bytes, as many or few as there are. */
  push(chunk: Uint8Array): void {
    if (this.#base + chunk.length > this.#limits.bodyBytes) {
      this.#fail(`the document is larger than ${this.#limits.bodyBytes} bytes`, 0);
    }
    const bytes = asBuffer(chunk);
    const length = bytes.length;
    let at = 0;
    while (at < length) {
      switch (this.#state) {
        case AT_TOKEN:
          at = this.#token(bytes[at] as number, at);
          break;
        case IN_TEXT:
          at = this.#text(bytes, at);
          break;
        case IN_OPAQUE:
          at = this.#opaque(bytes, at);
          break;
        case IN_LENGTH:
          at = this.#length(bytes[at] as number, at);
          break;
        case AT_PAGE:
          at = this.#switchPage(bytes[at] as number, at);
          break;
        case AT_END:
          return this.#fail('bytes after the end of the document', at);
        default:
          at = this.#header(bytes[at] as number, at);
      }
    }
    this.#base += length;
  }

  /** The root of the document. Throws WbxmlError if it is not complete. */
  end(): Element {
    if (this.#state !== AT_END) return this.#fail('the document ends too early', 0);
    return this.#root as Element;
  }

  #header(byte: number, at: number): number {
    const expected = WBXML_HEADER[this.#state];
    const isVersion = this.#state === 0 && byte <= 0x03; // 1.0 to 1.3
    if (byte !== expected && !isVersion) this.#fail(`${HEADER_FAULTS[this.#state]} ${hex(byte)}`, at);
    this.#state++;
    return at + 1;
  }

  #token(byte: number, at: number): number {
    const token = byte & TOKEN_MASK;
    if (token >= FIRST_TAG_TOKEN) this.#open(byte, token, at);
    else if (byte === END) this.#close(at);
    else if (byte === SWITCH_PAGE) this.#state = AT_PAGE;
    else if (byte === STR_I) this.#value(IN_TEXT, at);
    else if (byte === OPAQUE) this.#value(IN_LENGTH, at);
    else this.#fail(`the token ${FORBIDDEN_TOKENS[byte]} (${hex(byte)}) has no place in ActiveSync`, at);
    return at + 1;
  }

  #switchPage(page: number, at: number): number {
    if (page > LAST_PAGE) this.#fail(`unknown code page ${page}`, at);
    this.#page = page;
    this.#state = AT_TOKEN;
    return at + 1;
  }

  #open(byte: number, token: number, at: number): void {
    if (byte & HAS_ATTRIBUTES) this.#fail(`a tag with attributes, token ${hex(byte)} of code page ${this.#page}`, at);
    this.#count(at);
    const hasContent = (byte & HAS_CONTENT) !== 0;
    if (this.#tags.length + this.#retired >= this.#limits.depth) {
      this.#fail(`elements nest deeper than ${this.#limits.depth}`, at);
    }
    const tag = TAG_BY_CODE[tagCode(this.#page, token)];
    if (tag === undefined && !isRetired(this.#page, token)) {
      this.#fail(`unknown token ${hex(token)} of code page ${this.#page}`, at);
    }
    if (tag === undefined || this.#retired > 0) {
      if (this.#tags.length === 0)
        this.#fail(`the root is retired: token ${hex(token)} of code page ${this.#page}`, at);
      if (hasContent) this.#retired++;
    } else if (hasContent) {
      this.#tags.push(tag);
      this.#contents.push(undefined);
    } else {
      this.#add(tag, EMPTY, at);
    }
  }

  #count(at: number): void {
    if (++this.#elements > this.#limits.elements) {
      this.#fail(`more than ${this.#limits.elements} elements and texts`, at);
    }
  }

  #close(at: number): void {
    if (this.#retired > 0) {
      this.#retired--;
      return;
    }
    const tag = this.#tags.pop();
    if (tag === undefined) return this.#fail('END without an open element', at);
    const content = this.#contents.pop();
    this.#add(tag, content === undefined || content === '' ? EMPTY : content, at);
  }

  #add(tag: TagName, content: Content, at: number): void {
    const element: Element = { tag, content };
    const parent = this.#contents.length - 1;
    if (parent < 0) {
      this.#root = element;
      this.#state = AT_END;
      return;
    }
    const held = this.#contents[parent];
    if (held === undefined || isBlank(held)) this.#contents[parent] = [element];
    else if (typeof held === 'string' || held instanceof Uint8Array) this.#failMixed(at);
    else held.push(element);
  }

  #value(state: number, at: number): void {
    this.#count(at);
    if (this.#tags.length === 0) this.#fail('text outside of the root element', at);
    this.#opaqueBytes = 0;
    this.#lengthBytes = 0;
    this.#state = state;
  }

  #text(bytes: Buffer, at: number): number {
    const nul = bytes.indexOf(0, at);
    const end = nul < 0 ? bytes.length : nul;
    if (this.#pieceBytes + end - at > this.#limits.textBytes) {
      this.#fail(`a text longer than ${this.#limits.textBytes} bytes`, at);
    }
    if (nul < 0) {
      this.#keep(bytes.subarray(at));
      return end;
    }
    const whole = this.#pieceBytes === 0 ? undefined : this.#joined(bytes.subarray(at, end));
    this.#state = AT_TOKEN;
    if (this.#retired > 0) return end + 1;
    const text = whole ? whole.toString('utf8') : bytes.toString('utf8', at, end);
    const parent = this.#contents.length - 1;
    const held = this.#contents[parent];
    if (held === undefined) this.#contents[parent] = text;
    else if (typeof held === 'string') this.#contents[parent] = held + text;
    else if (!isBlank(text)) this.#failMixed(end);
    return end + 1;
  }

  #length(byte: number, at: number): number {
    this.#opaqueBytes = this.#opaqueBytes * 0x80 + (byte & 0x7f);
    if (++this.#lengthBytes > MAX_LENGTH_BYTES || this.#opaqueBytes > this.#limits.bodyBytes) {
      this.#fail(`opaque data longer than ${this.#limits.bodyBytes} bytes`, at);
    }
    if (byte < 0x80) {
      if (this.#opaqueBytes === 0) this.#state = AT_TOKEN;
      else this.#state = IN_OPAQUE;
    }
    return at + 1;
  }

  #opaque(bytes: Buffer, at: number): number {
    const end = at + this.#opaqueBytes - this.#pieceBytes;
    if (end > bytes.length) {
      this.#keep(bytes.subarray(at));
      return bytes.length;
    }
    const part = bytes.subarray(at, end);
    const whole = this.#pieceBytes === 0 ? part : this.#joined(part);
    this.#state = AT_TOKEN;
    if (this.#retired > 0) return end;
    const parent = this.#contents.length - 1;
    if (this.#contents[parent] !== undefined) this.#failMixed(end);
    this.#contents[parent] = new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
    return end;
  }

  #keep(piece: Uint8Array): void {
    if (this.#retired === 0) this.#pieces.push(piece);
    this.#pieceBytes += piece.length;
  }

  #joined(last: Uint8Array): Buffer {
    const whole = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#pieceBytes = 0;
    return whole;
  }

  #failMixed(at: number): never {
    return this.#fail(`content of different kinds in ${this.#tags.at(-1)}`, at);
  }

  #fail(why: string, at: number): never {
    throw new WbxmlError(why, this.#base + at);
  }
}

const HEADER_FAULTS = [
  'unknown WBXML version',
  'unknown public identifier',
  'charset is not UTF-8:',
  'string table of',
];

/** The root of a whole document. Throws WbxmlError. */
export function readWbxml(bytes: Uint8Array, limits?: Partial<WbxmlLimits>): Element {
  const reader = new WbxmlReader(limits);
  reader.push(bytes);
  return reader.end();
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Indentation that some encoders leave between elements. */
const isBlank = (held: string | Uint8Array | readonly Element[]): boolean =>
  typeof held === 'string' && held.trim() === '';
