/**
 * A class as a table of fields, each of which says an element of a resource and writes what a device made of it. What a device
 * sends as it was given changes nothing: so a resource says in its own words what nobody changed.
 */
import { type Element, MalformedValue, parseTimestamp, type TagName, textOf } from '../protocol/index.ts';
import type { ChangeContext, RenderContext } from './resource-codec.ts';

export interface Field<S> {
  readonly tag: TagName;
  /** Undefined: there is nothing to say. */
  read(subject: S, context: RenderContext): Element | undefined;
  /** Undefined: what devices send is passed over. The element is undefined where it is to be deleted. */
  write?(subject: S, it: Element | undefined, context: ChangeContext): void;
  /** Undefined: `isSameElement`. */
  isSame?(subject: S, before: Element | undefined, it: Element): boolean;
  /** Left out, it stays, whatever Supported says. */
  readonly neverGhosted?: boolean;
}

export const readFields = <S>(fields: readonly Field<S>[], subject: S, context: RenderContext): readonly Element[] =>
  fields.flatMap((it) => it.read(subject, context) ?? []);

/** What devices were shown, for comparison: bodies whole, as they are stored. */
export const shownBefore = ({ version, account, zone }: ChangeContext): RenderContext => ({
  version,
  account,
  zone,
  bodies: [],
  serverId: '',
});

/** True if anything was written. */
export function writeFields<S>(
  fields: readonly Field<S>[],
  subject: S,
  data: readonly Element[],
  context: ChangeContext,
): boolean {
  const shown = shownBefore(context);
  const before = new Map(fields.map((it) => [it, it.write && it.read(subject, shown)]));
  let changed = false;
  for (const field of fields) {
    if (!field.write) continue;
    const [it, ...others] = data.filter((element) => element.tag === field.tag);
    if (others.length > 0) throw new MalformedValue(field.tag, 'twice', 'one');
    const was = before.get(field);
    const isDeleted = !it && was !== undefined && !field.neverGhosted && (context.supported?.has(field.tag) ?? false);
    if (!it && !isDeleted) continue;
    if (it && (field.isSame ? field.isSame(subject, was, it) : isSameElement(was, it))) continue;
    field.write(subject, it && isEmpty(it) ? undefined : it, context);
    changed = true;
  }
  return changed;
}

export const isEmpty = ({ content }: Element): boolean =>
  typeof content === 'string' ? content.trim() === '' : content.length === 0;

/** White space, line ends, forms of dates, and the order of children apart. Nothing is the same as empty. */
export function isSameElement(before: Element | undefined, it: Element): boolean {
  if (!before) return isEmpty(it);
  return plain(before) === plain(it);
}

function plain(it: Element): string {
  const { content } = it;
  if (typeof content === 'string' || content instanceof Uint8Array) {
    const text = textOf(it).replace(/\r\n?/g, '\n').trim();
    return `${it.tag}=${parseTimestamp(text) ?? text}`;
  }
  const inner = content.filter((child) => !isEmpty(child)).map(plain);
  return inner.length === 0 ? `${it.tag}=` : `${it.tag}{${inner.toSorted().join('\u0000')}}`;
}
