/** The Query of a mailbox Search, understood (MS-ASCMD 2.2.3.142.2): one And with words, folders, classes and dates. */
import type { ItemClass } from '../../backends/index.ts';
import {
  atLeast,
  child,
  children,
  type Element,
  parseTimestamp,
  type ProtocolVersion,
  SearchStatus,
  type TagName,
  text,
  textOf,
} from '../protocol/index.ts';

export interface MailboxQuery {
  /** All free text, words to be found all of them; '' if there is none. */
  readonly text: string;
  /** Empty: every folder of these classes. */
  readonly collectionIds: readonly string[];
  /** Never SMS: no mail system has any. */
  readonly classes: ReadonlySet<ItemClass>;
  /** Exclusive bounds of arrival, or of when the item was made; milliseconds since 1970. */
  readonly after: number | undefined;
  readonly before: number | undefined;
}

const CLASSES: readonly ItemClass[] = ['Email', 'Calendar', 'Contacts', 'Tasks'];
/** R6288: not before 14.0. */
const NEWER_CLASSES: readonly ItemClass[] = [...CLASSES, 'Notes'];

/** What belongs into the And, and nowhere else. */
const CRITERIA: readonly TagName[] = [
  'Search:FreeText',
  'Search:ConversationId',
  'Search:GreaterThan',
  'Search:LessThan',
  'AirSync:Class',
  'AirSync:CollectionId',
];

/** The query, or the store's status that refuses it. */
export function readMailboxQuery(query: Element | undefined, version: ProtocolVersion): MailboxQuery | number {
  const parts = children(query);
  const ands = children(query, 'Search:And');
  // R772, R923, R2032, R2086, R3105, R3143, R3220: one And, and every criterion directly in it.
  if (ands.length > 1 || parts.some((it) => it.tag === 'Search:Or' || CRITERIA.includes(it.tag))) {
    return SearchStatus.tooComplex;
  }
  const and = ands[0];
  if (and === undefined || parts.length > 1) return SearchStatus.invalidRequest;
  const criteria = children(and);
  if (criteria.some((it) => it.tag === 'Search:And' || it.tag === 'Search:Or')) return SearchStatus.tooComplex;
  if (criteria.length === 0 || criteria.some((it) => !CRITERIA.includes(it.tag))) return SearchStatus.invalidRequest;
  const conversations = children(and, 'Search:ConversationId');
  // R5815: more than one is an error. One alone would need an index of conversations, which mail systems don't have.
  if (conversations.length > 0) return conversations.length > 1 ? SearchStatus.invalidRequest : SearchStatus.tooComplex;
  return readCriteria(and, version);
}

function readCriteria(and: Element, version: ProtocolVersion): MailboxQuery | number {
  const isNewer = atLeast(version, '14.0');
  const known: readonly string[] = isNewer ? [...NEWER_CLASSES, 'SMS'] : CLASSES;
  const classes = children(and, 'AirSync:Class').map((it) => textOf(it).trim());
  if (classes.some((it) => !known.includes(it))) return SearchStatus.invalidRequest;
  const after = comparedDate(child(and, 'Search:GreaterThan'));
  const before = comparedDate(child(and, 'Search:LessThan'));
  if (after === 'invalid' || before === 'invalid') return SearchStatus.invalidRequest;
  const texts = children(and, 'Search:FreeText').map((it) => textOf(it).trim());
  if (texts.includes('')) return SearchStatus.invalidRequest;
  return {
    text: texts.join(' '),
    collectionIds: children(and, 'AirSync:CollectionId').map(textOf),
    classes: new Set((isNewer ? NEWER_CLASSES : CLASSES).filter((it) => classes.length === 0 || classes.includes(it))),
    after,
    before,
  };
}

/** DateReceived is the only property that can be compared. */
function comparedDate(comparison: Element | undefined): number | 'invalid' | undefined {
  if (comparison === undefined) return undefined;
  const value = text(comparison, 'Search:Value');
  if (value === undefined || !child(comparison, 'Email:DateReceived')) return 'invalid';
  return parseTimestamp(value.trim()) ?? 'invalid';
}
