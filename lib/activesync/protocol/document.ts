/**
 * The document model: what WBXML carries, as small immutable trees. A command handler reads requests with `child`,
 * `text`, `integer`, `flag` and writes answers with `element`.
 */
import type { TagName } from './code-pages.ts';
import { MalformedValue } from './errors.ts';

/** Text, opaque bytes, or child elements (none for an empty tag). */
export type Content = string | Uint8Array | readonly Element[];

export interface Element {
  readonly tag: TagName;
  readonly content: Content;
}

/** What `element` takes: children in schema order; undefined and false are left out, so that options read as one expression. */
export type ElementPart = Element | readonly Element[] | string | number | Uint8Array | undefined | false;

/** `element('AirSync:Status', 1)`, `element('AirSync:Sync', element(…), isPartial && element(…))`. */
export function element(tag: TagName, ...parts: readonly ElementPart[]): Element {
  // Nearly all are a text alone, or children alone: a large answer has tens of thousands.
  const [first] = parts;
  if (typeof first === 'string') return { tag, content: first };
  if (typeof first === 'number') return { tag, content: String(first) };
  if (parts.every(isElement)) return { tag, content: parts };
  const children: Element[] = [];
  for (const part of parts) {
    if (part === undefined || part === false) continue;
    if (typeof part === 'string' || part instanceof Uint8Array) return { tag, content: part };
    if (typeof part === 'number') return { tag, content: String(part) };
    if (isElements(part)) children.push(...part);
    else children.push(part);
  }
  return { tag, content: children };
}

const isElement = (part: ElementPart): part is Element =>
  typeof part === 'object' && !isElements(part) && !(part instanceof Uint8Array);

const isElements = (part: Element | readonly Element[] | Uint8Array): part is readonly Element[] => Array.isArray(part);

/** The children, all or those with this tag; none for a text or an empty element. */
export function children(parent: Element | undefined, tag?: TagName): readonly Element[] {
  const content = parent?.content;
  if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) return [];
  return tag === undefined ? content : content.filter((it) => it.tag === tag);
}

/** The first child with this tag, in whatever order the device wrote them. */
export function child(parent: Element | undefined, tag: TagName): Element | undefined {
  const content = parent?.content;
  if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) return undefined;
  for (const it of content) if (it.tag === tag) return it;
  return undefined;
}

/** The text of an element itself; opaque bytes as UTF-8; '' for an empty tag. */
export function textOf(it: Element): string {
  if (typeof it.content === 'string') return it.content;
  return it.content instanceof Uint8Array ? Buffer.from(it.content).toString('utf8') : '';
}

/** The text of the first such child; undefined if there is none. */
export function text(parent: Element | undefined, tag: TagName): string | undefined {
  const found = child(parent, tag);
  return found && textOf(found);
}

/** The bytes of the first such child, opaque or text as UTF-8. */
export function bytes(parent: Element | undefined, tag: TagName): Uint8Array | undefined {
  const found = child(parent, tag);
  if (!found) return undefined;
  return found.content instanceof Uint8Array ? found.content : Buffer.from(textOf(found), 'utf8');
}

/** A boolean child: an empty tag means true, as devices have it. Throws MalformedValue for anything but '', 0 and 1. */
export function flag(parent: Element | undefined, tag: TagName): boolean | undefined {
  const value = text(parent, tag);
  if (value === undefined) return undefined;
  if (value === '' || value === '1') return true;
  if (value === '0') return false;
  throw new MalformedValue(tag, value, '0, 1 or an empty tag');
}

/** A whole number of at most ten digits. Throws MalformedValue for anything else; bounds are the command's business. */
export function integer(parent: Element | undefined, tag: TagName): number | undefined {
  const value = text(parent, tag)?.trim();
  if (value === undefined) return undefined;
  if (!/^-?\d{1,10}$/.test(value)) throw new MalformedValue(tag, value, 'a whole number');
  return Number(value);
}
