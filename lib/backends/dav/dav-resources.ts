/** One user's calendars, address books, tasks and notes on CalDAV and CardDAV servers. */
import { randomName } from '../../platform/index.ts';
import type { BusyTime, Credentials, Folder, FolderEvent, Watch } from '../backend.ts';
import { busyTimes } from '../busy-times.ts';
import { BackendError } from '../errors.ts';
import type {
  MoveResourceResult,
  PutResult,
  RemoveResult,
  Resource,
  ResourceCapabilities,
  ResourceChanges,
  ResourceClass,
  ResourceFilter,
  ResourceStore,
  WriteCondition,
} from '../resources.ts';
import { hasUid } from '../resource-uid.ts';
import { refusal } from './answers.ts';
import {
  asFolder,
  collectionId,
  componentOf,
  type DavCollection,
  type DavHomes,
  findHomes,
  isDavId,
  listCollections,
  MADE_PREFIX,
  parseCollectionId,
} from './collections.ts';
import { type DavEnvironment, placesOf } from './configuration.ts';
import { DavConnection, xmlText } from './connection.ts';
import { DavWatch } from './dav-watch.ts';
import { askFreeBusy } from './free-busy.ts';
import { matchingNames, namesWithUid, readChanges, readResources, urlOf } from './resource-requests.ts';

/** Before the server was asked. */
const USUAL_CLASSES: readonly ResourceClass[] = ['Calendar', 'Contacts', 'Tasks'];

/** Asks the server for nothing until somebody asks it: that it cannot be reached must not keep the mail from being served. */
export class DavResources implements ResourceStore {
  readonly #environment: DavEnvironment;
  readonly #connection: DavConnection;
  /** Of the user. */
  readonly #addresses: readonly string[];
  #homes: Promise<DavHomes> | undefined;
  /** As listed last; undefined before. */
  #known: ReadonlyMap<string, DavCollection> | undefined;
  /** As told with the homes, which every collection is found by. */
  #schedulesItself = false;
  readonly #watches = new Set<Watch>();

  constructor(environment: DavEnvironment, credentials: Credentials, addresses: readonly string[]) {
    this.#environment = environment;
    this.#addresses = addresses;
    this.#connection = new DavConnection(environment, credentials);
  }

  get capabilities(): ResourceCapabilities {
    const listed = [...(this.#known?.values() ?? [])];
    return {
      hasSyncToken: listed.every((it) => it.token !== undefined),
      canPush: false,
      canChangeCollections: true,
      schedulesItself: this.#schedulesItself,
      classes: new Set([...USUAL_CLASSES, ...listed.map((it) => it.itemClass)]),
    };
  }

  isCollection(id: string): boolean {
    return isDavId(id);
  }

  async collections(): Promise<readonly Folder[]> {
    return (await this.list()).map(asFolder);
  }

  async list(): Promise<readonly DavCollection[]> {
    const homes = await this.#findHomes();
    this.#schedulesItself = homes.schedulesItself;
    const listed = await listCollections(this.#connection, homes);
    this.#known = byId(listed);
    return listed;
  }

  async createCollection(name: string, itemClass: ResourceClass): Promise<Folder> {
    const homes = await this.#findHomes();
    const home = itemClass === 'Contacts' ? homes.contacts : homes.calendars;
    if (home === undefined || !this.capabilities.classes.has(itemClass)) {
      throw new BackendError('unsupported', `the calendar server has no place for ${itemClass}`);
    }
    if ((await this.list()).some((it) => it.itemClass === itemClass && it.name === name)) {
      throw new BackendError('already-exists', `there is a collection ${JSON.stringify(name)} already`, {
        remedy: 'Choose another name.',
      });
    }
    const url = new URL(
      `${MADE_PREFIX}${randomName(this.#environment.random)}/`,
      home.endsWith('/') ? home : `${home}/`,
    ).href;
    const status = await this.#make(url, name, itemClass);
    if (status !== 201 && status !== 200 && status !== 207) throw refusal(status, 'the collection cannot be made');
    const id = collectionId(itemClass, new URL(url).pathname);
    return asFolder(await this.#collection(id));
  }

  async renameCollection(id: string, name: string): Promise<Folder> {
    const { url } = await this.#collection(id);
    const content = `<d:set><d:prop><d:displayname>${xmlText(name)}</d:displayname></d:prop></d:set>`;
    const status = await this.#connection.change(url, 'PROPPATCH', 'd:propertyupdate', content);
    if (status !== 207 && status !== 200) throw refusal(status, 'the collection cannot be renamed');
    await this.list();
    return asFolder(await this.#collection(id));
  }

  async deleteCollection(id: string): Promise<void> {
    const { url, kind } = await this.#collection(id);
    if (kind !== 'user') {
      throw new BackendError('forbidden', 'the collection cannot be deleted', {
        why: 'it is the default one of its kind',
      });
    }
    const { status } = await this.#connection.send(url, 'DELETE', {});
    if (status >= 300) throw refusal(status, 'the collection cannot be deleted');
    await this.list();
  }

  async changes(id: string, token?: string): Promise<ResourceChanges> {
    return readChanges(this.#connection, await this.#collection(id), token);
  }

  async matching(id: string, filter: ResourceFilter): Promise<ReadonlySet<string>> {
    return matchingNames(this.#connection, await this.#collection(id), filter);
  }

  async withUid(id: string, uid: string): Promise<Resource | undefined> {
    const collection = await this.#collection(id);
    const likely = await namesWithUid(this.#connection, collection, uid);
    return (await this.#readFrom(collection, likely)).find(({ text }) => hasUid(text, uid));
  }

  async read(id: string, names: readonly string[]): Promise<readonly Resource[]> {
    return this.#readFrom(await this.#collection(id), names);
  }

  async put(id: string, name: string, text: string, condition: WriteCondition): Promise<PutResult> {
    const { url, itemClass } = await this.#collection(id);
    const type = itemClass === 'Contacts' ? 'text/vcard' : 'text/calendar';
    const { status, etag } = await this.#connection.send(
      urlOf(url, name),
      'PUT',
      { 'content-type': `${type}; charset=utf-8`, ...conditionHeaders(condition) },
      text.replace(/\r?\n/g, '\r\n'),
    );
    if (status === 412) return { kind: 'conflict' };
    if (status >= 200 && status < 300) return { kind: 'stored', etag: strong(etag) };
    // A collection that is gone is told in many ways.
    if (status !== 404) await this.#mustBeThere(id);
    throw refusal(status, 'the resource cannot be stored');
  }

  async remove(id: string, name: string, etag: string | undefined): Promise<RemoveResult> {
    const { url } = await this.#collection(id);
    const headers: Record<string, string> = etag === undefined ? {} : { 'if-match': etag };
    const { status } = await this.#connection.send(urlOf(url, name), 'DELETE', headers);
    if (status === 404 || status === 410) return 'gone';
    if (status === 412) return (await this.read(id, [name])).length === 0 ? 'gone' : 'conflict';
    if (status >= 300) throw refusal(status, 'the resource cannot be removed');
    return 'removed';
  }

  async move(id: string, name: string, targetId: string): Promise<MoveResourceResult> {
    const [from, to] = [await this.#collection(id), await this.#collection(targetId)];
    const destination = urlOf(to.url, name);
    const { status } = await this.#connection.send(urlOf(from.url, name), 'MOVE', { destination, overwrite: 'F' });
    if (status === 404 || status === 410) return 'gone';
    if (status === 412) return 'conflict';
    if (status >= 300) throw refusal(status, 'the resource cannot be moved');
    return 'moved';
  }

  /** Of others where the server can be asked; of the user always. */
  async freeBusy(address: string, fromMs: number, toMs: number): Promise<readonly BusyTime[] | undefined> {
    const { scheduling } = await this.#findHomes();
    if (scheduling) {
      const nowMs = this.#environment.clock.now();
      return askFreeBusy(this.#connection, scheduling, { recipient: address, fromMs, toMs, nowMs });
    }
    if (!this.#addresses.some((it) => it.toLowerCase() === address.toLowerCase())) return undefined;
    const texts: string[] = [];
    for (const { id, itemClass } of await this.list()) {
      if (itemClass !== 'Calendar') continue;
      const names = await this.matching(id, { endsAfter: new Date(fromMs) });
      texts.push(...(await this.read(id, [...names])).map(({ text }) => text));
    }
    return busyTimes(texts, address, fromMs, toMs);
  }

  async watch(listener: (event: FolderEvent) => void): Promise<Watch> {
    const watch = new DavWatch(
      this.#environment,
      () => this.list(),
      this.#known && [...this.#known.values()],
      listener,
    );
    this.#watches.add(watch);
    return watch;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) await watch.close();
    await this.#connection.close();
  }

  #readFrom(collection: DavCollection, names: readonly string[]): Promise<readonly Resource[]> {
    return readResources(this.#connection, collection, names, this.#environment.configuration.resourceLimitBytes);
  }

  #findHomes(): Promise<DavHomes> {
    if (!this.#homes) {
      const finding = placesOf(this.#environment.configuration).then(({ url, contactsUrl }) =>
        findHomes(this.#connection, url, contactsUrl),
      );
      finding.catch(() => {
        if (this.#homes === finding) this.#homes = undefined;
      });
      this.#homes = finding;
    }
    return this.#homes;
  }

  async #collection(id: string): Promise<DavCollection> {
    const known = this.#known?.get(id) ?? byId(await this.list()).get(id);
    if (known) return known;
    throw new BackendError('not-found', `there is no collection ${JSON.stringify(id.slice(0, 200))}`, {
      remedy: 'List the folders again.',
    });
  }

  async #mustBeThere(id: string): Promise<void> {
    await this.list();
    await this.#collection(id);
  }

  #make(url: string, name: string, itemClass: ResourceClass): Promise<number> {
    const displayName = `<d:displayname>${xmlText(name)}</d:displayname>`;
    const component = componentOf(itemClass);
    const type = component === undefined ? '<card:addressbook/>' : '<c:calendar/>';
    const components =
      component === undefined
        ? ''
        : `<c:supported-calendar-component-set><c:comp name="${component}"/></c:supported-calendar-component-set>`;
    if (component !== undefined) {
      const content = `<d:set><d:prop>${displayName}${components}</d:prop></d:set>`;
      return this.#connection.change(url, 'MKCALENDAR', 'c:mkcalendar', content);
    }
    // RFC 5689
    const types = `<d:resourcetype><d:collection/>${type}</d:resourcetype>`;
    return this.#connection.change(url, 'MKCOL', 'd:mkcol', `<d:set><d:prop>${types}${displayName}</d:prop></d:set>`);
  }
}

function byId(listed: readonly DavCollection[]): ReadonlyMap<string, DavCollection> {
  return new Map(listed.filter((it) => parseCollectionId(it.id)).map((it) => [it.id, it]));
}

function conditionHeaders(condition: WriteCondition): Readonly<Record<string, string>> {
  if (condition === undefined) return {};
  return condition === 'new' ? { 'if-none-match': '*' } : { 'if-match': condition.etag };
}

/** A weak one says nothing of the bytes. */
const strong = (etag: string | undefined): string | undefined => (etag?.startsWith('W/') ? undefined : etag);
