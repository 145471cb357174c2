/** Statuses in answers. */
import { children, type Element, integer, type TagName } from '../protocol/index.ts';

/** The Status right below the root; undefined where there is none. */
export function rootStatus(document: Element | undefined): number | undefined {
  if (document === undefined) return undefined;
  return integer(document, `${document.tag.slice(0, document.tag.indexOf(':'))}:Status` as TagName);
}

/** The elements along a path of tags, of which the last may occur several times. */
export function elementsAt(root: Element | undefined, ...path: readonly TagName[]): readonly Element[] {
  let found: readonly Element[] = root ? [root] : [];
  for (const tag of path) found = found.flatMap((it) => children(it, tag));
  return found;
}
