/**
 * Header fields of a message or a MIME part, decoded to Unicode. Tolerant of what real messages do: raw 8-bit text, encoded
 * words inside quoted parameters, missing quotes. Every function is linear in its input.
 */
import { decodeWords } from 'postal-mime';

/** Fields beyond these are dropped: nobody reads them, and they would let a message cost memory at will. */
const FIELDS_LIMIT = 1_000;
const HEADER_LIMIT_BYTES = 256 * 1024;
const PARAMETERS_LIMIT = 100;

/** A header field: its name in lower case, its value unfolded, raw (encoded words as they are). */
export type HeaderField = readonly [name: string, value: string];

/** The fields of a raw header block, in order. Lines that are no fields are skipped. */
export function headerFields(block: Uint8Array): readonly HeaderField[] {
  const text = decodeBytes(block.subarray(0, HEADER_LIMIT_BYTES));
  const fields: HeaderField[] = [];
  let name = '';
  let value: string[] = [];
  const flush = () => {
    if (name !== '') fields.push([name, value.join('').trim()]);
    name = '';
  };
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name !== '') value.push(line);
      continue;
    }
    flush();
    if (fields.length >= FIELDS_LIMIT) break;
    const colon = line.indexOf(':');
    const candidate = colon > 0 ? line.slice(0, colon).trimEnd().toLowerCase() : '';
    if (!/^[!-9;-~]+$/.test(candidate)) continue;
    name = candidate;
    value = [line.slice(colon + 1)];
  }
  flush();
  return fields;
}

/** The first field of that (lower-case) name, with encoded words decoded. */
export function headerValue(fields: readonly HeaderField[], name: string): string | undefined {
  const found = fields.find((field) => field[0] === name);
  return found && decodeHeaderText(found[1]);
}

/** Encoded words (RFC 2047) to Unicode; text that cannot be decoded is given back as it is. */
export function decodeHeaderText(text: string): string {
  if (!text.includes('=?')) return text;
  try {
    return decodeWords(text);
  } catch {
    return text;
  }
}

export interface StructuredValue {
  /** What stands before the first semicolon, lower case: `text/html`, `attachment`. */
  readonly value: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** `type; name=value; …` with RFC 2231 charsets and continuations put together. */
export function structuredValue(raw: string): StructuredValue {
  const semicolon = raw.indexOf(';');
  const value = withoutComments(semicolon < 0 ? raw : raw.slice(0, semicolon))
    .trim()
    .toLowerCase();
  return { value, parameters: semicolon < 0 ? {} : joinContinuations(scanParameters(raw, semicolon + 1)) };
}

function scanParameters(raw: string, from: number): Map<string, string> {
  const found = new Map<string, string>();
  let at = from;
  while (at < raw.length && found.size < PARAMETERS_LIMIT) {
    while (at < raw.length && /[\s;]/.test(raw.charAt(at))) at++;
    const start = at;
    while (at < raw.length && raw.charAt(at) !== '=' && raw.charAt(at) !== ';') at++;
    const name = raw.slice(start, at).trim().toLowerCase();
    if (raw.charAt(at) !== '=') continue;
    at++;
    while (at < raw.length && /\s/.test(raw.charAt(at))) at++;
    let value: string;
    if (raw.charAt(at) === '"') {
      const pieces: string[] = [];
      at++;
      while (at < raw.length && raw.charAt(at) !== '"') {
        if (raw.charAt(at) === '\\' && at + 1 < raw.length) at++;
        pieces.push(raw.charAt(at++));
      }
      value = pieces.join('');
      at++;
      while (at < raw.length && raw.charAt(at) !== ';') at++;
    } else {
      const valueStart = at;
      while (at < raw.length && raw.charAt(at) !== ';') at++;
      value = withoutComments(raw.slice(valueStart, at)).trim();
    }
    // The first of two alike wins, as with every reader of mail that matters for boundaries.
    if (name !== '' && !found.has(name)) found.set(name, value);
  }
  return found;
}

/** RFC 2231 sections 3 and 4: `name*0*=utf-8''…; name*1=…`. */
function joinContinuations(raw: ReadonlyMap<string, string>): Record<string, string> {
  const plain = new Map<string, string>();
  const pieces = new Map<string, { index: number; encoded: boolean; text: string }[]>();
  for (const [name, text] of raw) {
    const match = /^([^*]+)\*(?:(\d{1,3})(\*)?)?$/.exec(name);
    if (!match?.[1]) {
      plain.set(name, decodeHeaderText(text));
      continue;
    }
    const piece = match[2]
      ? { index: Number(match[2]), encoded: match[3] === '*', text }
      : { index: 0, encoded: true, text };
    const list = pieces.get(match[1]);
    if (list) list.push(piece);
    else pieces.set(match[1], [piece]);
  }
  for (const [name, list] of pieces) plain.set(name, decodeExtended(list.sort((a, b) => a.index - b.index)));
  return Object.fromEntries(plain);
}

function decodeExtended(pieces: readonly { encoded: boolean; text: string }[]): string {
  let charset = 'utf-8';
  const bytes: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) {
    let text = piece.text;
    if (!piece.encoded) {
      bytes.push(Buffer.from(text, 'utf8'));
      continue;
    }
    const marked = index === 0 ? /^([^']*)'[^']*'/.exec(text) : null;
    if (marked) {
      charset = marked[1] || 'utf-8';
      text = text.slice(marked[0].length);
    }
    bytes.push(unescapePercents(text));
  }
  return decodeCharset(Buffer.concat(bytes), charset);
}

function unescapePercents(text: string): Buffer {
  const binary = Buffer.from(text, 'utf8').toString('latin1');
  return Buffer.from(
    binary.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

/** Comments in parentheses removed; one without its end is left alone. */
function withoutComments(text: string): string {
  return text.includes('(') ? text.replace(/\([^()]*\)/g, '') : text;
}

/** UTF-8 if it is valid, else Windows-1252, which is what raw 8-bit headers otherwise are. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** Text in a charset named by a message; unknown names are taken for UTF-8 or Windows-1252, whichever fits. */
export function decodeCharset(bytes: Uint8Array, charset: string): string {
  try {
    if (!/^(us-ascii|ascii|utf-?8)$/i.test(charset)) return new TextDecoder(charset.trim()).decode(bytes);
  } catch {
    // Named wrongly: fall through.
  }
  return decodeBytes(bytes);
}
