/** Lists, changes and contents of one collection: sync-collection (RFC 6578) where the server has it, else ctags and whole lists. */
import type { DAVResponse } from 'tsdav';
import type { Log } from '../../platform/index.ts';
import {
  RESOURCE_LIMIT_BYTES,
  type Resource,
  type ResourceChanges,
  type ResourceFilter,
  type ResourceState,
} from '../resources.ts';
import {
  decodedOnly,
  decodedPath,
  isMultistatus,
  mustBeOk,
  pathOf,
  plainText,
  syncTokenOf,
  textOf,
} from './answers.ts';
import { componentOf, type DavCollection } from './collections.ts';
import { AnswerTooLarge, type DavConnection, xmlText } from './connection.ts';

/** What stands around a text in an answer: XML, and characters that are escaped. */
const ENVELOPE_BYTES = 1024 * 1024;
/** Texts in one answer. */
const READ_AT_ONCE = 100;
/** A server that truncates is asked on so often (RFC 6578 3.6). */
const ROUNDS_LIMIT = 1_000;
const INSUFFICIENT_STORAGE = 507;
const ETAG = '<d:prop><d:getetag/></d:prop>';

export async function readChanges(
  connection: DavConnection,
  collection: DavCollection,
  token: string | undefined,
): Promise<ResourceChanges> {
  if (collection.hasSyncCollection && !collection.isMixed) {
    const changes = await syncCollection(connection, collection, token);
    if (changes) return changes;
  }
  const current = await tokenOf(connection, collection);
  if (token !== undefined && token === current) return { token, complete: false, resources: [], removed: [] };
  return { token: current, complete: true, resources: await listAll(connection, collection), removed: [] };
}

/** Undefined: the server does not do as it says. */
async function syncCollection(
  connection: DavConnection,
  collection: DavCollection,
  since: string | undefined,
): Promise<ResourceChanges | undefined> {
  const found = new Map<string, string | undefined>();
  let token = since;
  for (let round = 0; round < ROUNDS_LIMIT; round++) {
    const content = `<d:sync-token>${xmlText(token ?? '')}</d:sync-token><d:sync-level>1</d:sync-level>${ETAG}`;
    const responses = await connection.report(collection.url, 'd:sync-collection', content, '0');
    if (!responses.some(isMultistatus)) {
      const status = responses[0]?.status ?? 0;
      if (status === 404 || status === 410) mustBeOk(responses, 'the collection cannot be read');
      // The token is too old or was never given (RFC 6578 3.2).
      return since === undefined ? undefined : syncCollection(connection, collection, undefined);
    }
    let isTruncated = false;
    for (const response of responses) {
      const name = nameIn(response, collection.url, connection.log);
      if (name === '' && response.status === INSUFFICIENT_STORAGE) isTruncated = true;
      if (name === '' || name === undefined) continue;
      found.set(name, response.status === 404 ? undefined : textOf(response, 'getetag'));
    }
    token = syncTokenOf(responses);
    if (token === undefined) return undefined;
    if (isTruncated) continue;
    const resources = [...found].flatMap(([name, etag]) => (etag === undefined ? [] : [{ name, etag }]));
    const removed = [...found].flatMap(([name, etag]) => (etag === undefined ? [name] : []));
    const complete = since === undefined;
    return { token, complete, resources, removed: complete ? [] : removed };
  }
  return undefined;
}

async function tokenOf(connection: DavConnection, { url }: DavCollection): Promise<string | undefined> {
  const responses = await connection.propfind(url, '<d:sync-token/><cs:getctag/>');
  mustBeOk(responses, 'the collection cannot be read');
  return textOf(responses[0], 'syncToken') ?? textOf(responses[0], 'getctag');
}

async function listAll(connection: DavConnection, collection: DavCollection): Promise<readonly ResourceState[]> {
  const responses = collection.isMixed
    ? await query(connection, collection, '')
    : await connection.propfind(collection.url, '<d:getetag/><d:resourcetype/>', '1');
  mustBeOk(responses, 'the collection cannot be read');
  return responses.flatMap((response) => {
    const name = nameIn(response, collection.url, connection.log);
    const etag = textOf(response, 'getetag');
    return name === undefined || name === '' || etag === undefined ? [] : [{ name, etag }];
  });
}

export async function matchingNames(
  connection: DavConnection,
  collection: DavCollection,
  filter: ResourceFilter,
): Promise<ReadonlySet<string>> {
  const condition =
    filter === 'incomplete'
      ? '<c:prop-filter name="COMPLETED"><c:is-not-defined/></c:prop-filter>'
      : `<c:time-range start="${filter.endsAfter.toISOString().replace(/[-:]|\.\d{3}/g, '')}"/>`;
  const responses = await query(connection, collection, condition);
  mustBeOk(responses, 'the collection cannot be searched');
  return new Set(responses.flatMap((response) => nameIn(response, collection.url) || []));
}

/** And perhaps of others: a server may take it for a part of a UID. */
export async function namesWithUid(
  connection: DavConnection,
  collection: DavCollection,
  uid: string,
): Promise<readonly string[]> {
  const match = `<c:text-match collation="i;octet">${xmlText(uid)}</c:text-match>`;
  const responses = await query(connection, collection, `<c:prop-filter name="UID">${match}</c:prop-filter>`);
  mustBeOk(responses, 'the collection cannot be searched');
  return responses.flatMap((response) => nameIn(response, collection.url) || []);
}

function query(connection: DavConnection, { url, itemClass }: DavCollection, condition: string) {
  const filter = `<c:comp-filter name="VCALENDAR"><c:comp-filter name="${componentOf(itemClass)}">${condition}</c:comp-filter></c:comp-filter>`;
  return connection.report(url, 'c:calendar-query', `${ETAG}<c:filter>${filter}</c:filter>`);
}

/** One whose answer is larger than the limit comes without its text. */
export async function readResources(
  connection: DavConnection,
  collection: DavCollection,
  names: readonly string[],
  limitBytes: number = RESOURCE_LIMIT_BYTES,
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (let at = 0; at < names.length; at += READ_AT_ONCE) {
    found.push(...(await readSome(connection, collection, names.slice(at, at + READ_AT_ONCE), limitBytes)));
  }
  return found;
}

/** Where the answer is too large, those that the server says are so are left out; then the rest is asked for in halves. */
async function readSome(
  connection: DavConnection,
  collection: DavCollection,
  names: readonly string[],
  limitBytes: number,
  isSizeKnown = false,
): Promise<readonly Resource[]> {
  try {
    return await multiget(connection, collection, names, limitBytes);
  } catch (error) {
    if (!(error instanceof AnswerTooLarge)) throw error;
    const large = isSizeKnown ? NOBODY : await namesBeyond(connection, collection, limitBytes);
    const [over, rest] = [names.filter((it) => large.has(it)), names.filter((it) => !large.has(it))];
    const found: Resource[] = [];
    for (const name of over.length === 0 && names.length === 1 ? names : over)
      found.push(...(await withoutText(connection, collection, name)));
    if (found.length === names.length || names.length === 1) return found;
    const half = over.length > 0 ? rest.length : Math.ceil(rest.length / 2);
    for (const some of [rest.slice(0, half), rest.slice(half)]) {
      if (some.length > 0) found.push(...(await readSome(connection, collection, some, limitBytes, true)));
    }
    return found;
  }
}

const NOBODY: ReadonlySet<string> = new Set();

/** As far as the server tells sizes (RFC 4918 15.4). */
async function namesBeyond(
  connection: DavConnection,
  { url }: DavCollection,
  limitBytes: number,
): Promise<ReadonlySet<string>> {
  const responses = await connection.propfind(url, '<d:getcontentlength/>', '1');
  return new Set(
    responses.flatMap((it) => (Number(textOf(it, 'getcontentlength')) > limitBytes ? nameIn(it, url) || [] : [])),
  );
}

async function withoutText(
  connection: DavConnection,
  { url }: DavCollection,
  name: string,
): Promise<readonly Resource[]> {
  connection.log.warn(
    { collection: url, resource: name },
    'A resource is too large to be read: it is kept from devices',
  );
  const [response] = await connection.propfind(urlOf(url, name), '<d:getetag/>');
  const etag = textOf(response, 'getetag');
  return etag === undefined ? [] : [{ name, etag, text: '' }];
}

async function multiget(
  connection: DavConnection,
  { url, itemClass }: DavCollection,
  names: readonly string[],
  limitBytes: number,
): Promise<readonly Resource[]> {
  const isCards = itemClass === 'Contacts';
  const root = isCards ? 'card:addressbook-multiget' : 'c:calendar-multiget';
  const data = isCards ? '<card:address-data/>' : '<c:calendar-data/>';
  const hrefs = names.map((name) => new URL(urlOf(url, name)).pathname);
  const content = `<d:prop><d:getetag/>${data}</d:prop>${hrefs.map((href) => `<d:href>${xmlText(href)}</d:href>`).join('')}`;
  const responses = await connection.report(url, root, content, '1', limitBytes + ENVELOPE_BYTES);
  mustBeOk(responses, 'the resources cannot be read');
  const found: Resource[] = [];
  for (const response of responses) {
    const name = nameIn(response, url);
    const etag = textOf(response, 'getetag');
    const props = (response.props ?? {}) as Readonly<Record<string, unknown>>;
    const text = plainText(props[isCards ? 'addressData' : 'calendarData']);
    if (name && etag !== undefined && text !== undefined) found.push({ name, etag, text: `${text}\r\n` });
  }
  return found;
}

/** Such a name is a segment of an href as the server writes it, which is no well-formed one: nobody else knows what it means. */
const RAW_PREFIX = 'href:';

export function urlOf(collectionUrl: string, name: string): string {
  const segment = name.startsWith(RAW_PREFIX) ? name.slice(RAW_PREFIX.length) : encodeURIComponent(name);
  return new URL(`./${segment}`, collectionUrl).href;
}

/** `''` for the collection itself; undefined for what is not directly in it, or is a collection again. */
function nameIn({ href }: DAVResponse, collectionUrl: string, log?: Log): string | undefined {
  if (href === undefined) return undefined;
  if (!URL.canParse(href, collectionUrl)) {
    log?.warn({ collection: collectionUrl, href }, 'What has no address is kept from devices');
    return undefined;
  }
  const base = decodedPath(new URL(collectionUrl).pathname);
  const raw = pathOf(href, collectionUrl);
  const path = decodedPath(raw);
  if (`${path}/` === base || path === base) return '';
  const name = path.startsWith(base) ? path.slice(base.length) : '';
  if (name === '' || name.includes('/')) return undefined;
  const segment = raw.split('/').at(-1) ?? '';
  return decodedOnly(segment) ?? `${RAW_PREFIX}${segment}`;
}
