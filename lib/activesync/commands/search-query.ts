/** The Query of a mailbox Search, understood (MS-ASCMD 2.2.3.142.2): one And with words, folders, classes and dates. */
import {
  child,
  children,
  type Element,
  parseTimestamp,
  SearchStatus,
  type TagName,
  text,
  textOf,
} from '../protocol/index.ts';

export interface MailboxQuery {
  /** All free text, words to be found all of them; '' if there is none. */
  readonly text: string;
  /** Empty: every folder of mail. */
  readonly collectionIds: readonly string[];
  /** False: only classes are wanted of which there is nothing to find. */
  readonly wantsEmail: boolean;
  /** Exclusive bounds of arrival, milliseconds since 1970. */
  readonly after: number | undefined;
  readonly before: number | undefined;
}

const CLASSES: ReadonlySet<string> = new Set(['Tasks', 'Email', 'Calendar', 'Contacts', 'Notes', 'SMS']);

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
export function readMailboxQuery(query: Element | undefined): MailboxQuery | number {
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
  return readCriteria(and);
}

function readCriteria(and: Element): MailboxQuery | number {
  const classes = children(and, 'AirSync:Class').map((it) => textOf(it).trim());
  if (classes.some((it) => !CLASSES.has(it))) return SearchStatus.invalidRequest;
  const after = comparedDate(child(and, 'Search:GreaterThan'));
  const before = comparedDate(child(and, 'Search:LessThan'));
  if (after === 'invalid' || before === 'invalid') return SearchStatus.invalidRequest;
  const texts = children(and, 'Search:FreeText').map((it) => textOf(it).trim());
  if (texts.includes('')) return SearchStatus.invalidRequest;
  return {
    text: texts.join(' '),
    collectionIds: children(and, 'AirSync:CollectionId').map(textOf),
    wantsEmail: classes.length === 0 || classes.includes('Email'),
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
