/** The user's collections on the servers: found from the principal (RFC 6764, RFC 4791 6.2.1, RFC 6352 7.1.1), told as folders. */
import { type DAVResponse, fetchHomeUrl, fetchPrincipalUrl, serviceDiscovery } from 'tsdav';
import type { Folder, FolderKind } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ResourceClass } from '../resources.ts';
import { decodedPath, mustBeOk, pathOf, plainText, textOf } from './answers.ts';
import type { DavConnection } from './connection.ts';
import type { Scheduling } from './free-busy.ts';

export interface DavCollection {
  readonly id: string;
  readonly url: string;
  readonly name: string;
  readonly itemClass: ResourceClass;
  readonly kind: FolderKind;
  /** Other classes are kept in it too: lists are to be asked by component. */
  readonly isMixed: boolean;
  readonly hasSyncCollection: boolean;
  /** Moves with every change: the sync token or the ctag. */
  readonly token: string | undefined;
}

export interface DavHomes {
  readonly calendars: string | undefined;
  readonly contacts: string | undefined;
  /** Where new events go by themselves (RFC 6638 9.2). */
  readonly defaultCalendar: string | undefined;
  /** Undefined: nobody can be asked when others are busy. */
  readonly scheduling: Scheduling | undefined;
  /** The server sends iTIP itself (RFC 6638 section 2). */
  readonly schedulesItself: boolean;
}

const PREFIX = 'dav:';
const COMPONENTS: Readonly<Partial<Record<ResourceClass, string>>> = {
  Calendar: 'VEVENT',
  Tasks: 'VTODO',
  Notes: 'VJOURNAL',
};
const KINDS: Readonly<Record<ResourceClass, FolderKind>> = {
  Calendar: 'calendar',
  Contacts: 'contacts',
  Tasks: 'tasks',
  Notes: 'notes',
};
/** Paths of collections that devices made begin so. */
export const MADE_PREFIX = 'caravan-';
/** By name, where the server does not say which calendar is the default one. */
const USUAL_NAMES = new Set([
  'default',
  'personal',
  'calendar',
  'calendars',
  'home',
  'contacts',
  'addressbook',
  'tasks',
  'notes',
]);
const PROPERTIES =
  '<d:resourcetype/><d:displayname/><c:supported-calendar-component-set/><d:supported-report-set/><d:sync-token/><cs:getctag/>';

export const componentOf = (itemClass: ResourceClass): string | undefined => COMPONENTS[itemClass];

/** `dav:Calendar:/calendars/ada/home/` */
export const collectionId = (itemClass: ResourceClass, path: string): string => `${PREFIX}${itemClass}:${path}`;

export const isDavId = (id: string): boolean => id.startsWith(PREFIX);

export function parseCollectionId(
  id: string,
): { readonly itemClass: ResourceClass; readonly path: string } | undefined {
  const match = /^dav:(Calendar|Contacts|Tasks|Notes):(\/.*\/)$/.exec(id);
  return match ? { itemClass: match[1] as ResourceClass, path: match[2] as string } : undefined;
}

export async function findHomes(connection: DavConnection, url: string, contactsUrl: string): Promise<DavHomes> {
  const [calendars, contacts] = await Promise.all([
    findHome(connection, url, 'caldav'),
    findHome(connection, contactsUrl, 'carddav'),
  ]);
  if (!calendars && !contacts) {
    throw new BackendError('unavailable', "the user's calendars cannot be found", {
      why: `${url} knows neither a principal nor a home of calendars or contacts`,
      remedy: 'Set mail.dav.url to the address of the CalDAV server.',
    });
  }
  return {
    calendars: calendars?.home,
    contacts: contacts?.home,
    ...(calendars ? await schedulingOf(connection, calendars.principal) : NO_SCHEDULING),
    schedulesItself:
      calendars !== undefined && (await connection.features(calendars.home)).has('calendar-auto-schedule'),
  };
}

async function findHome(
  connection: DavConnection,
  url: string,
  accountType: 'caldav' | 'carddav',
): Promise<{ readonly home: string; readonly principal: string } | undefined> {
  const fetch = connection.fetch;
  const found = async (rootUrl: string) => {
    const account = { accountType, serverUrl: url, rootUrl };
    const principalUrl = await fetchPrincipalUrl({ account, fetch });
    return { home: await fetchHomeUrl({ account: { ...account, principalUrl }, fetch }), principal: principalUrl };
  };
  try {
    return await found(url);
  } catch (first) {
    if (first instanceof BackendError) throw first;
    const rootUrl = await serviceDiscovery({ account: { accountType, serverUrl: url }, fetch });
    if (rootUrl === url) return undefined;
    return found(rootUrl).catch((second: unknown) => {
      if (second instanceof BackendError) throw second;
      return undefined;
    });
  }
}

const NO_SCHEDULING = { defaultCalendar: undefined, scheduling: undefined };

/** What the principal tells of scheduling (RFC 6638 section 2). */
async function schedulingOf(
  connection: DavConnection,
  principal: string,
): Promise<Pick<DavHomes, 'defaultCalendar' | 'scheduling'>> {
  try {
    const asked = '<c:schedule-inbox-URL/><c:schedule-outbox-URL/><c:calendar-user-address-set/>';
    const [own] = await connection.propfind(principal, asked);
    const inbox = hrefIn(own, 'scheduleInboxURL') ?? hrefIn(own, 'scheduleInboxUrl');
    const outbox = hrefIn(own, 'scheduleOutboxURL') ?? hrefIn(own, 'scheduleOutboxUrl');
    const addresses: { readonly href?: unknown } | undefined = own?.props?.['calendarUserAddressSet'];
    const address = [addresses?.href]
      .flat()
      .map(plainText)
      .find((it) => it?.startsWith('mailto:'));
    const scheduling =
      outbox !== undefined && address !== undefined ? { outbox: new URL(outbox, principal).href, address } : undefined;
    return { scheduling, defaultCalendar: inbox && (await defaultCalendarOf(connection, principal, inbox)) };
  } catch (error) {
    if (error instanceof BackendError && error.code !== 'unavailable') throw error;
    return NO_SCHEDULING;
  }
}

async function defaultCalendarOf(
  connection: DavConnection,
  principal: string,
  inbox: string,
): Promise<string | undefined> {
  try {
    const [properties] = await connection.propfind(
      new URL(inbox, principal).href,
      '<c:schedule-default-calendar-URL/>',
    );
    const href = hrefIn(properties, 'scheduleDefaultCalendarURL') ?? hrefIn(properties, 'scheduleDefaultCalendarUrl');
    return href === undefined ? undefined : pathOf(href, principal);
  } catch (error) {
    if (error instanceof BackendError && error.code !== 'unavailable') throw error;
    return undefined;
  }
}

function hrefIn(response: DAVResponse | undefined, property: string): string | undefined {
  const value: { readonly href?: unknown } | undefined = response?.props?.[property];
  return plainText(value?.href);
}

/** The address book at that address. Throws BackendError. */
export async function addressBookAt(connection: DavConnection, url: string): Promise<DavCollection> {
  const address = url.endsWith('/') ? url : `${url}/`;
  const responses = await connection.propfind(address, PROPERTIES);
  mustBeOk(responses, 'the address book cannot be read');
  const [found] = responses.flatMap((response) => collectionsIn(response, address));
  if (found?.itemClass === 'Contacts') return { ...found, kind: 'contacts' };
  throw new BackendError('not-found', 'the address book cannot be read', { why: `${address} is no address book` });
}

/** Everything in both homes, calendars first. Throws BackendError. */
export async function listCollections(connection: DavConnection, homes: DavHomes): Promise<readonly DavCollection[]> {
  const seen = new Set([homes.calendars, homes.contacts].filter((home) => home !== undefined));
  const found: Omit<DavCollection, 'kind'>[] = [];
  for (const home of seen) {
    const responses = await connection.propfind(home, PROPERTIES, '1');
    mustBeOk(responses, 'the collections cannot be listed');
    for (const response of responses.filter((it) => URL.canParse(it.href ?? '', home)))
      found.push(...collectionsIn(response, home));
  }
  return withKinds(found, homes.defaultCalendar);
}

function collectionsIn(response: DAVResponse, home: string): Omit<DavCollection, 'kind'>[] {
  const props = (response.props ?? {}) as Readonly<Record<string, unknown>>;
  const types = Object.keys((props['resourcetype'] as object | undefined) ?? {});
  const classes: ResourceClass[] = types.includes('calendar')
    ? componentsOf(props['supportedCalendarComponentSet'])
    : types.includes('addressbook')
      ? ['Contacts']
      : [];
  const path = pathOf(response.href, home);
  const slashed = path.endsWith('/') ? path : `${path}/`;
  const token = textOf(response, 'syncToken') ?? textOf(response, 'getctag');
  return classes.map((itemClass) => ({
    id: collectionId(itemClass, slashed),
    url: new URL(slashed, home).href,
    name: textOf(response, 'displayname') ?? decodedPath(lastName(slashed)),
    itemClass,
    isMixed: classes.length > 1,
    hasSyncCollection: JSON.stringify(props['supportedReportSet'] ?? '').includes('syncCollection'),
    token,
  }));
}

/** All, where the server does not say (RFC 4791 5.2.3). */
function componentsOf(set: unknown): ResourceClass[] {
  const listed = (set as { comp?: unknown } | undefined)?.comp;
  const names = [listed].flat().map((it) => (it as { _attributes?: { name?: string } } | undefined)?._attributes?.name);
  const classes = (Object.keys(COMPONENTS) as ResourceClass[]).filter((it) => names.includes(COMPONENTS[it]));
  return classes.length === 0 && listed === undefined ? (Object.keys(COMPONENTS) as ResourceClass[]) : classes;
}

/**
 * One of each class is the default one: what the server says, or what is usually called so, or the first. Tasks and notes in a
 * calendar of many things are shown of the default one alone: others would be as many empty lists as there are calendars.
 */
function withKinds(
  found: readonly Omit<DavCollection, 'kind'>[],
  defaultCalendar: string | undefined,
): DavCollection[] {
  const chosen = new Map<ResourceClass, string>();
  for (const itemClass of Object.keys(KINDS) as ResourceClass[]) {
    const own = found.filter((it) => it.itemClass === itemClass).sort(byAge);
    const path = (it: Omit<DavCollection, 'kind'>) => parseCollectionId(it.id)?.path ?? '';
    const calendar = chosen.get('Calendar');
    const first =
      own.find((it) => itemClass === 'Calendar' && path(it) === defaultCalendar) ??
      own.find((it) => !it.isMixed && USUAL_NAMES.has(lastName(path(it)).toLowerCase())) ??
      own.find((it) => !it.isMixed && USUAL_NAMES.has(it.name.toLowerCase())) ??
      own.find((it) => itemClass !== 'Calendar' && !it.isMixed && !isMade(it)) ??
      own.find((it) => calendar !== undefined && path(it) === parseCollectionId(calendar)?.path) ??
      own.find((it) => USUAL_NAMES.has(lastName(path(it)).toLowerCase())) ??
      own[0];
    if (first) chosen.set(itemClass, first.id);
  }
  return found.flatMap((it) => {
    const isDefault = chosen.get(it.itemClass) === it.id;
    if (!isDefault && it.isMixed && it.itemClass !== 'Calendar') return [];
    return [{ ...it, kind: isDefault ? KINDS[it.itemClass] : ('user' as const) }];
  });
}

/** Those that were made by a device come last: none of them takes the place of what was the default one before. */
function byAge(one: Omit<DavCollection, 'kind'>, other: Omit<DavCollection, 'kind'>): number {
  return Number(isMade(one)) - Number(isMade(other)) || (one.id < other.id ? -1 : 1);
}

const isMade = ({ id }: Omit<DavCollection, 'kind'>): boolean => lastName(id).startsWith(MADE_PREFIX);

const lastName = (path: string): string => path.split('/').at(-2) ?? '';

export function asFolder({ id, name, kind, itemClass }: DavCollection): Folder {
  return { id, parentId: undefined, name, kind, itemClass, selectable: true };
}
