/** Options by class, as Sync and GetItemEstimate both have them (MS-ASCMD 2.2.3.27.2, 2.2.3.27.6). */
import type { ItemClass } from '../../backends/index.ts';
import { children, type Element, MalformedValue, type TagName, text } from '../protocol/index.ts';

/** Text messages of the phone itself: allowed beside email, and never kept here. */
const SMS = 'SMS';

/**
 * The Options for the collection's own class; undefined if there are none, or none but an empty one, which says nothing.
 * Throws MalformedValue for two of one class, and for classes that cannot be had together.
 */
export function ownOptions(collection: Element, itemClass: ItemClass): Element | undefined {
  const all = children(collection, 'AirSync:Options').filter((it) => children(it).length > 0);
  let own: Element | undefined;
  const seen = new Set<string>();
  for (const options of all) {
    const classes = children(options, 'AirSync:Class');
    if (classes.length > 1) throw malformed('AirSync:Class', 'one class in an Options');
    const name = text(options, 'AirSync:Class') || itemClass;
    if (seen.has(name)) throw malformed('AirSync:Options', `Options for ${name} once`);
    seen.add(name);
    if (name === itemClass) own = options;
    else if (name !== SMS || itemClass !== 'Email') throw malformed('AirSync:Class', `${itemClass}, or SMS beside it`);
    if (children(options, 'AirSync:MaxItems').length > 1) throw malformed('AirSync:MaxItems', 'one MaxItems');
  }
  return own;
}

const malformed = (tag: TagName, expected: string): MalformedValue => new MalformedValue(tag, '', expected);
