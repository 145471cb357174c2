/** Components of an .ics or .vcf as trees of content lines, to be read and changed in place. */
import { ItemError } from '../errors.ts';
import { ContentLine, isSoftlyBroken, type ParameterChanges, unfold } from './content-line.ts';
import { escapeText } from './text-values.ts';

/** A photo of 48 KB is all that a device takes; attachments of events are larger. */
const SOURCE_LIMIT_CHARACTERS = 24 * 1024 * 1024;
const LINES_LIMIT = 400_000;
const DEPTH_LIMIT = 8;

export type Entry = ContentLine | Component;

export class Component {
  /** Upper case; '' for a whole file. */
  readonly name: string;
  readonly entries: Entry[];
  readonly #begin: string | undefined;
  #end: string | undefined;

  constructor(name: string, entries: Entry[] = [], begin?: string) {
    this.name = name;
    this.entries = entries;
    this.#begin = begin;
  }

  lines(name: string): ContentLine[] {
    return this.entries.filter((it): it is ContentLine => it instanceof ContentLine && it.name === name);
  }

  line(name: string): ContentLine | undefined {
    return this.entries.find((it): it is ContentLine => it instanceof ContentLine && it.name === name);
  }

  /** The text of the first such line, white space at its ends taken off; undefined for an empty one too. */
  text(name: string): string | undefined {
    return this.line(name)?.text.trim() || undefined;
  }

  components(name: string): Component[] {
    return this.entries.filter((it): it is Component => it instanceof Component && it.name === name);
  }

  /** In the place of `old`; without one behind the last line, in front of inner components. */
  put(entry: Entry, old?: Entry): void {
    const at = old ? this.entries.indexOf(old) : -1;
    if (at >= 0) this.entries[at] = entry;
    else if (entry instanceof Component) this.entries.push(entry);
    else {
      const last = this.entries.findLastIndex((it) => it instanceof ContentLine);
      this.entries.splice(last + 1, 0, entry);
    }
  }

  remove(entry: Entry): void {
    const at = this.entries.indexOf(entry);
    if (at >= 0) this.entries.splice(at, 1);
  }

  /** The one line of that name: `value` as it is to be written, undefined takes it away. Its other parameters stay. */
  set(name: string, value: string | undefined, parameters: ParameterChanges = {}): void {
    const [first, ...others] = this.lines(name);
    for (const it of others) this.remove(it);
    if (value === undefined) {
      if (first) this.remove(first);
    } else this.put(first ? first.with(value, parameters) : ContentLine.of(name, value, parameters), first);
  }

  /** Undefined and '' take it away. */
  setText(name: string, text: string | undefined): void {
    this.set(name, text ? escapeText(text) : undefined);
  }

  write(newline: string): string {
    const inner = this.entries.map((it) => it.write(newline)).join('');
    if (this.name === '') return inner;
    return `${this.#begin ?? `BEGIN:${this.name}${newline}`}${inner}${this.#end ?? `END:${this.name}${newline}`}`;
  }

  /** For the reader of a file alone. */
  close(raw: string): void {
    this.#end = raw;
  }
}

/** A whole file: a component without a name that holds the others, and whatever stands between them. Throws ItemError. */
export function readFile(source: string): Component {
  if (source.length > SOURCE_LIMIT_CHARACTERS) {
    throw new ItemError(
      'item-too-large',
      `${Math.round(source.length / 1_048_576)} MB, of ${SOURCE_LIMIT_CHARACTERS / 1_048_576} at most`,
    );
  }
  const file = new Component('');
  const open: Component[] = [file];
  let count = 0;
  for (let start = 0; start < source.length; ) {
    let end = endOfLine(source, start);
    while (
      end < source.length &&
      /=\r?\n$/.test(source.slice(end - 3, end)) &&
      isSoftlyBroken(source.slice(start, end))
    )
      end = endOfLine(source, end);
    const raw = source.slice(start, end);
    start = end;
    if (++count > LINES_LIMIT) throw new ItemError('item-too-large', `more than ${LINES_LIMIT} lines`);
    const top = open.at(-1) as Component;
    const kind = markOf(raw);
    if (kind === undefined) top.entries.push(ContentLine.read(raw));
    else if (kind.begins) {
      if (open.length > DEPTH_LIMIT)
        throw new ItemError('malformed-item', `more than ${DEPTH_LIMIT} components in each other`);
      const inner = new Component(kind.name, [], raw);
      top.entries.push(inner);
      open.push(inner);
    } else if (top.name === kind.name && open.length > 1) {
      top.close(raw);
      open.pop();
    } else
      throw new ItemError('malformed-item', `END:${kind.name.slice(0, 40)} where ${top.name || 'nothing'} is open`);
  }
  if (open.length > 1)
    throw new ItemError('malformed-item', `END:${(open.at(-1) as Component).name.slice(0, 40)} is missing`);
  return file;
}

/** The end of line that a file uses. */
export const newlineOf = (source: string): string =>
  /\r?\n/.exec(source.slice(0, 1_000))?.[0] === '\n' ? '\n' : '\r\n';

/** Behind the line and the lines that go on with it. */
function endOfLine(source: string, start: number): number {
  let at = source.indexOf('\n', start);
  while (at >= 0) {
    const next = source.charCodeAt(at + 1);
    if (next !== 0x20 && next !== 0x09) return at + 1;
    at = source.indexOf('\n', at + 1);
  }
  return source.length;
}

function markOf(raw: string): { begins: boolean; name: string } | undefined {
  const first = raw.charCodeAt(0) | 0x20;
  if (first !== 0x62 && first !== 0x65 && raw.charCodeAt(0) !== 0xfeff) return undefined;
  const match = /^\ufeff?(BEGIN|END):[ \t]*([A-Za-z0-9-]+)[ \t]*$/i.exec(unfold(raw.slice(0, 100)).trimEnd());
  return match ? { begins: match[1]?.toUpperCase() === 'BEGIN', name: (match[2] as string).toUpperCase() } : undefined;
}
