/** Search and Find in the directory, the GAL (MS-ASCMD 2.2.1.16, 2.2.1.2): a page of people by display name. */
import type { Directory } from '../../backends/index.ts';
import { type Element, element, type TagName } from '../protocol/index.ts';
import { directoryProperties } from './directory-entry.ts';
import type { Pictures } from './pictures.ts';
import { formatResultRange, type ResultRange } from './result-range.ts';

/** MS-ASCMD 2.2.3.190: the longest Query, in characters, that is taken seriously. */
const MAX_QUERY_CHARACTERS = 256;

export interface DirectoryPage {
  readonly results: readonly Element[];
  /** `0-9`; undefined for nobody. */
  readonly range: string | undefined;
  /** Of all who were found, up to the bound. */
  readonly total: number;
  /** There are more than the server tells of. */
  readonly isCut: boolean;
}

export interface DirectorySearch {
  readonly query: string;
  readonly range: ResultRange;
  /** The most who are counted. */
  readonly limit: number;
  readonly pictures: Pictures | undefined;
  readonly resultTag: TagName;
  readonly propertiesTag: TagName;
}

/** Undefined for a query that is none. Throws BackendError. */
export async function searchDirectory(
  directory: Directory,
  search: DirectorySearch,
): Promise<DirectoryPage | undefined> {
  const { query, range, limit, pictures, resultTag, propertiesTag } = search;
  if (query.trim() === '' || query.length > MAX_QUERY_CHARACTERS) return undefined;
  const found = await directory.find({ words: query, limit, withPhotos: pictures !== undefined });
  const people = found.slice(0, limit);
  const wanted = people.slice(range.first, range.last + 1);
  return {
    results: wanted.map((person) =>
      element(resultTag, element(propertiesTag, directoryProperties(person, pictures?.next(person.photo)))),
    ),
    range: formatResultRange(range.first, wanted.length),
    total: people.length,
    isCut: found.length > limit || range.last >= limit,
  };
}
