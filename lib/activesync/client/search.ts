/** Search (all versions) and Find (16.1): looking for mail and for people. */
import { children, type Element, element, FindStatus, integer, SearchStatus, text } from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import { type DeviceItem, toItem } from './plain-item.ts';
import type { DeviceSession } from './session.ts';
import { type ItemOptions, optionElements } from './sync-request.ts';

export interface SearchRequest extends ItemOptions {
  readonly text: string;
  /** Default 'Mailbox'. */
  readonly store?: 'Mailbox' | 'GAL' | undefined;
  /** Of a mailbox; default Email alone. */
  readonly itemClasses?: readonly string[] | undefined;
  /** One folder; default all. */
  readonly collectionId?: string | undefined;
  /** Both included. Default 0 to 99. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
  /** Default true. */
  readonly deepTraversal?: boolean | undefined;
}

export interface FoundItem {
  /** `serverId` is the item's own: with Find its ServerId, with Search its LongId. */
  readonly item: DeviceItem;
  readonly collectionId: string | undefined;
  readonly longId: string | undefined;
}

export interface SearchAnswer {
  /** Of SearchStatus or FindStatus: of the store, or of the response. */
  readonly status: number;
  readonly found: readonly FoundItem[];
  /** `0-24`, of what is in this answer. */
  readonly range: string | undefined;
  readonly total: number | undefined;
}

const DEFAULT_RANGE = { first: 0, last: 99 };
const NO_RESULTS = { status: 0, found: [], range: undefined, total: undefined };

export async function search(session: DeviceSession, request: SearchRequest): Promise<SearchAnswer> {
  const { first, last } = request.range ?? DEFAULT_RANGE;
  const isMailbox = (request.store ?? 'Mailbox') === 'Mailbox';
  const document = element(
    'Search:Search',
    element(
      'Search:Store',
      element('Search:Name', request.store ?? 'Mailbox'),
      isMailbox ? mailboxQuery(request) : element('Search:Query', request.text),
      element(
        'Search:Options',
        isMailbox && element('Search:RebuildResults'),
        isMailbox && (request.deepTraversal ?? true) && element('Search:DeepTraversal'),
        element('Search:Range', `${first}-${last}`),
        optionElements(request),
      ),
    ),
  );
  const { document: answer } = await session.run('Search', { document });
  const status = rootStatus(answer);
  if (status !== SearchStatus.success) throw statusFailure('Search', status ?? 0);
  const store = elementsAt(answer, 'Search:Response', 'Search:Store')[0];
  if (store === undefined) return NO_RESULTS;
  return {
    status: integer(store, 'Search:Status') ?? 0,
    // A search without results has one empty Result (MS-ASCMD 2.2.3.153.2).
    found: children(store, 'Search:Result')
      .filter((it) => children(it).length > 0)
      .map(searchResult),
    range: text(store, 'Search:Range'),
    total: integer(store, 'Search:Total'),
  };
}

const mailboxQuery = (request: SearchRequest): Element =>
  element(
    'Search:Query',
    element(
      'Search:And',
      (request.itemClasses ?? ['Email']).map((it) => element('AirSync:Class', it)),
      request.collectionId !== undefined && element('AirSync:CollectionId', request.collectionId),
      element('Search:FreeText', request.text),
    ),
  );

function searchResult(it: Element): FoundItem {
  const longId = text(it, 'Search:LongId');
  const properties = elementsAt(it, 'Search:Properties').flatMap((found) => children(found));
  return { item: toItem(longId ?? '', properties), collectionId: text(it, 'AirSync:CollectionId'), longId };
}

export interface FindRequest {
  /** The same for the pages of one search. */
  readonly searchId: string;
  readonly text: string;
  readonly collectionId?: string | undefined;
  readonly range?: SearchRequest['range'];
  readonly deepTraversal?: boolean | undefined;
}

export async function find(session: DeviceSession, request: FindRequest): Promise<SearchAnswer> {
  const { first, last } = request.range ?? DEFAULT_RANGE;
  const document = element(
    'Find:Find',
    element('Find:SearchId', request.searchId),
    element(
      'Find:ExecuteSearch',
      element(
        'Find:MailBoxSearchCriterion',
        element(
          'Find:Query',
          element('AirSync:Class', 'Email'),
          request.collectionId !== undefined && element('AirSync:CollectionId', request.collectionId),
          element('Find:FreeText', request.text),
        ),
        element(
          'Find:Options',
          element('Find:Range', `${first}-${last}`),
          (request.deepTraversal ?? true) && element('Find:DeepTraversal'),
        ),
      ),
    ),
  );
  const { document: answer } = await session.run('Find', { document });
  const status = rootStatus(answer);
  if (status !== FindStatus.success) throw statusFailure('Find', status ?? 0);
  const response = elementsAt(answer, 'Find:Response')[0];
  if (response === undefined) return NO_RESULTS;
  return {
    status: integer(response, 'Find:Status') ?? 0,
    found: children(response, 'Find:Result').map(findResult),
    range: text(response, 'Find:Range'),
    total: integer(response, 'Find:Total'),
  };
}

function findResult(it: Element): FoundItem {
  const properties = elementsAt(it, 'Find:Properties').flatMap((found) => children(found));
  return {
    item: toItem(text(it, 'AirSync:ServerId') ?? '', properties),
    collectionId: text(it, 'AirSync:CollectionId'),
    longId: undefined,
  };
}
