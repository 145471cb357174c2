/** Search (MS-ASCMD 2.2.1.16) in the mailbox and in the directory. There is no document library to search. */
import { atLeast, child, type Element, element, MalformedValue, SearchStatus, text } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { longIdOf } from './long-id.ts';
import { GAL_PICTURE, picturesOf } from './pictures.ts';
import { readEmailOptions } from './read-email-options.ts';
import { formatResultRange, parseResultRange } from './result-range.ts';
import { searchDirectory } from './search-directory.ts';
import { findItems, renderFound } from './search-mailbox.ts';
import { readMailboxQuery } from './search-query.ts';
import { searchedFolders } from './searched-folders.ts';

export async function search(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const store = child(request.document, 'Search:Store');
  const name = text(store, 'Search:Name')?.trim().toLowerCase();
  if (store === undefined || name === undefined) return answer(SearchStatus.invalidRequest);
  if (name === 'documentlibrary' || name === 'document library') return answer(SearchStatus.accessBlocked);
  if (name !== 'mailbox' && name !== 'gal') return answer(SearchStatus.invalidRequest);
  try {
    return name === 'gal' ? await searchGal(store, request, context) : await searchMailbox(store, request, context);
  } catch (thrown) {
    // R4321: the command as a whole knows success and server errors alone.
    if (thrown instanceof MalformedValue) return answer(SearchStatus.invalidRequest);
    throw thrown;
  }
}

async function searchMailbox(store: Element, request: CommandRequest, context: CommandContext): Promise<Answer> {
  const { user, limits } = context;
  const query = readMailboxQuery(child(store, 'Search:Query'), request.version);
  if (typeof query === 'number') return answer(query);
  const options = child(store, 'Search:Options');
  const range = parseResultRange(text(options, 'Search:Range') ?? `0-${limits.maxSearchResults - 1}`);
  if (range === undefined) return answer(SearchStatus.invalidRequest);
  const rendering = readEmailOptions(options, request.version);
  if (typeof rendering === 'number') return answer(rendering);

  const deep = child(options, 'Search:DeepTraversal') !== undefined;
  const folders = await searchedFolders(user, query.collectionIds, deep, query.classes);
  if (folders === undefined) return answer(SearchStatus.folderSyncRequired);

  const hits = await findItems(user, folders, query, limits.maxSearchResults, context.log);
  const wanted = hits.slice(range.first, range.last + 1);
  const rendered = await renderFound(user, wanted, rendering, context.log);
  const results = rendered.map(({ item, properties }) =>
    element(
      'Search:Result',
      element('AirSync:Class', item.folder.itemClass),
      element('Search:LongId', longIdOf(item.serverId)),
      element('AirSync:CollectionId', item.folder.id),
      element('Search:Properties', properties),
    ),
  );
  const resultRange = formatResultRange(range.first, results.length);
  return answer(
    // R3736: a warning; what can be had comes along.
    range.last >= limits.maxSearchResults ? SearchStatus.endOfRange : SearchStatus.success,
    // R3850: nothing found in a mailbox is told by an empty Result.
    results.length > 0 ? results : [element('Search:Result')],
    resultRange !== undefined && element('Search:Range', resultRange),
    element('Search:Total', hits.length),
  );
}

async function searchGal(
  store: Element,
  request: CommandRequest,
  { directory, limits }: CommandContext,
): Promise<Answer> {
  if (directory === undefined) return answer(SearchStatus.accessBlocked);
  const options = child(store, 'Search:Options');
  const range = parseResultRange(text(options, 'Search:Range') ?? `0-${limits.maxSearchResults - 1}`);
  if (range === undefined) return answer(SearchStatus.invalidRequest);
  const page = await searchDirectory(directory, {
    query: text(store, 'Search:Query') ?? '',
    range,
    limit: limits.maxSearchResults,
    pictures: atLeast(request.version, '14.1') ? picturesOf(options, PICTURE)?.() : undefined,
    resultTag: 'Search:Result',
    propertiesTag: 'Search:Properties',
  });
  if (page === undefined) return answer(SearchStatus.invalidRequest);
  return answer(
    page.isCut ? SearchStatus.endOfRange : SearchStatus.success,
    page.results,
    page.range !== undefined && element('Search:Range', page.range),
    element('Search:Total', page.total),
  );
}

const PICTURE = {
  ...GAL_PICTURE,
  request: 'Search:Picture',
  maxSize: 'Search:MaxSize',
  maxPictures: 'Search:MaxPictures',
} as const;

const answer = (
  status: number,
  results: readonly Element[] = [],
  range: Element | false = false,
  total?: Element,
): Answer => ({
  kind: 'document',
  document: element(
    'Search:Search',
    element('Search:Status', SearchStatus.success),
    element('Search:Response', element('Search:Store', element('Search:Status', status), results, range, total)),
  ),
});
