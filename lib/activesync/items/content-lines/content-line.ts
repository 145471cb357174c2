/**
 * A content line of an .ics or .vcf (RFC 5545 section 3.1, RFC 6350 section 3.3). One that was read stays as it was written, folds
 * and all, until it is replaced: what nobody changed is given back to the letter.
 */
import { decodeText } from '../charset.ts';
import { unescapeText } from './text-values.ts';

const FOLD_OCTETS = 75;

export interface Parameter {
  /** Upper case. */
  readonly name: string;
  readonly values: readonly string[];
}

/** What to write: a value of its own, or several; undefined: the parameter is left out. */
export type ParameterChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

interface Parsed {
  readonly parameters: readonly Parameter[];
  readonly value: string;
}

export class ContentLine {
  /** Upper case, without the group; '' for a line that is none. */
  readonly name: string;
  /** vCard: `item1` of `item1.TEL`; '' without one. */
  readonly group: string;
  readonly #raw: string | undefined;
  #parsed: Parsed | undefined;

  private constructor(group: string, name: string, raw: string | undefined, parsed: Parsed | undefined) {
    this.group = group;
    this.name = name;
    this.#raw = raw;
    this.#parsed = parsed;
  }

  /** `raw`: the line as it stands in its file, with its folds and its end. */
  static read(raw: string): ContentLine {
    const match = /^(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)[ \t]*[;:]/.exec(raw.slice(0, 200));
    return new ContentLine(match?.[1] ?? '', match?.[2]?.toUpperCase() ?? '', raw, match ? undefined : NOTHING);
  }

  /** `value` is written as it is: escaped, if it is a text. */
  static of(name: string, value: string, parameters: ParameterChanges = {}, group = ''): ContentLine {
    const made = new ContentLine(group, name.toUpperCase(), undefined, { parameters: [], value });
    return made.with(value, parameters);
  }

  get parameters(): readonly Parameter[] {
    return this.#parts.parameters;
  }

  /** Unfolded, and still escaped. */
  get value(): string {
    return this.#parts.value;
  }

  get text(): string {
    return unescapeText(this.value);
  }

  /** The first value of that parameter. */
  parameter(name: string): string | undefined {
    return this.parameters.find((it) => it.name === name)?.values[0];
  }

  /** All values of that parameter, however often it is there. */
  parameterValues(name: string): readonly string[] {
    return this.parameters.flatMap((it) => (it.name === name ? it.values : []));
  }

  /** The same line with another value, and with the parameters changed that are named. */
  with(value: string, changes: ParameterChanges = {}): ContentLine {
    const rest = new Map(Object.entries(changes).map(([name, it]) => [name.toUpperCase(), it]));
    const parameters: Parameter[] = [];
    for (const it of this.parameters) {
      if (!rest.has(it.name)) parameters.push(it);
      else {
        const values = valuesOf(rest.get(it.name));
        if (values.length > 0) parameters.push({ name: it.name, values });
        rest.set(it.name, undefined);
      }
    }
    for (const [name, it] of rest) {
      const values = valuesOf(it);
      if (values.length > 0) parameters.push({ name, values });
    }
    return new ContentLine(this.group, this.name, undefined, { parameters, value });
  }

  /** With its end: its own if it was read, else `newline`. */
  write(newline: string): string {
    if (this.#raw !== undefined) return this.#raw;
    const parameters = this.parameters.map((it) => `;${it.name}=${it.values.map(writeParameter).join(',')}`).join('');
    return fold(`${this.group === '' ? '' : `${this.group}.`}${this.name}${parameters}:${this.value}`, newline);
  }

  get #parts(): Parsed {
    this.#parsed ??= parse(this.#raw ?? '');
    return this.#parsed;
  }
}

const NOTHING: Parsed = { parameters: [], value: '' };

const valuesOf = (it: string | readonly string[] | undefined): readonly string[] =>
  it === undefined ? [] : typeof it === 'string' ? [it] : it;

/** A quoted-printable line of vCard 2.1 that goes on with the next one. */
export const isSoftlyBroken = (raw: string): boolean =>
  /=\r?\n/.test(raw) && /;(?:ENCODING=)?QUOTED-PRINTABLE[;:]/i.test(raw.slice(0, 200));

export const unfold = (raw: string): string =>
  raw.includes('\n') ? raw.replace(/\r?\n[ \t]/g, '').replace(/\r?\n$/, '') : raw;

function parse(raw: string): Parsed {
  const line = unfold(isSoftlyBroken(raw) ? raw.replace(/=\r?\n(?=[\s\S])/g, '') : raw);
  const parameters: Parameter[] = [];
  let at = line.search(/[;:]/);
  while (line[at] === ';') {
    const end = endOfParameter(line, at + 1);
    const text = line.slice(at + 1, end);
    const equals = text.indexOf('=');
    // vCard 2.1 and what descends of it: a bare type.
    if (equals < 0) parameters.push({ name: 'TYPE', values: [text.trim()] });
    else
      parameters.push({ name: text.slice(0, equals).trim().toUpperCase(), values: parameterValues(text, equals + 1) });
    at = end;
  }
  const value = at < 0 ? '' : line.slice(at + 1);
  return parameters.some(isQuotedPrintable) ? decodeQuoted(parameters, value) : { parameters, value };
}

const isQuotedPrintable = ({ name, values }: Parameter): boolean =>
  (name === 'ENCODING' || name === 'TYPE') && values.some((it) => /^QUOTED-PRINTABLE$/i.test(it));

/** vCard 2.1: the value in its characters, and the parameters that it is to be written with. */
function decodeQuoted(parameters: readonly Parameter[], value: string): Parsed {
  // Octets that stand for themselves are read already.
  const isAscii = /^[\t -~]*$/.test(value);
  const octets = value.replace(/=([0-9A-F]{2})/gi, (_whole, it: string) =>
    String.fromCharCode(Number.parseInt(it, 16)),
  );
  const charset = parameters.find((it) => it.name === 'CHARSET')?.values[0] ?? 'utf-8';
  const rest = parameters.filter((it) => it.name !== 'CHARSET' && !isQuotedPrintable(it));
  const decoded = isAscii ? decodeText(Buffer.from(octets, 'latin1'), charset) : value;
  const text = decoded.replace(/\r\n|\r|\n/g, '\\n');
  return { parameters: [...rest, { name: 'CHARSET', values: ['UTF-8'] }], value: text };
}

/** Where the parameter ends: at a semicolon or colon outside quotes. */
function endOfParameter(line: string, from: number): number {
  let quoted = false;
  for (let at = from; at < line.length; at++) {
    const it = line[at];
    if (it === '"') quoted = !quoted;
    else if (!quoted && (it === ';' || it === ':')) return at;
  }
  // A quote that is never closed: the first colon ends it all the same.
  const colon = line.indexOf(':', from);
  return colon < 0 ? line.length : colon;
}

function parameterValues(text: string, from: number): readonly string[] {
  const values: string[] = [];
  let value = '';
  let quoted = false;
  for (let at = from; at < text.length; at++) {
    const it = text[at] as string;
    if (it === '"') quoted = !quoted;
    else if (it === ',' && !quoted) {
      values.push(value);
      value = '';
    } else value += it;
  }
  values.push(value);
  return values.map(decodeParameter);
}

/** RFC 6868 */
const decodeParameter = (value: string): string =>
  value.includes('^')
    ? value.replace(/\^([n'^])/g, (_whole, it: string) => (it === 'n' ? '\n' : it === "'" ? '"' : '^'))
    : value;

function writeParameter(value: string): string {
  const encoded = value
    .replaceAll('^', '^^')
    .replaceAll('"', "^'")
    .replace(/\r\n|\r|\n/g, '^n')
    // oxlint-disable-next-line no-control-regex -- what no parameter may have
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
  return /[:;,]/.test(encoded) || encoded === '' ? `"${encoded}"` : encoded;
}

/** At 75 octets, and in no character. */
function fold(line: string, newline: string): string {
  if (line.length * 3 <= FOLD_OCTETS || Buffer.byteLength(line) <= FOLD_OCTETS) return line + newline;
  const bytes = Buffer.from(line);
  const pieces: string[] = [];
  let start = 0;
  while (start < bytes.length) {
    let end = Math.min(bytes.length, start + FOLD_OCTETS - (start === 0 ? 0 : 1));
    while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces.join(`${newline} `) + newline;
}
