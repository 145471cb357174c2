// A device that keeps its keys, over the real parts: what a phone does, as short calls, with transcripts of the answers.
import { child, children, type Element, type ProtocolVersion, text } from '../../../../lib/activesync/index.ts';
import { print } from '../../../support/transcript.ts';
import type { Standalone } from '../../../support/standalone.ts';
import { collection, syncRequest } from './sync-script.ts';
import { type Reply, TestDevice, type TestDeviceOptions } from './test-device.ts';

/** What a Sync of one collection was answered. */
export interface Synced {
  readonly reply: Reply;
  /** Of the collection, or of the whole answer; undefined for an empty one. */
  readonly status: number | undefined;
  readonly syncKey: string | undefined;
  /** Subjects by ServerId. */
  readonly added: ReadonlyMap<string, string>;
  /** ApplicationData as a transcript, by ServerId. */
  readonly changed: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
  readonly softDeleted: readonly string[];
  readonly more: boolean;
  /** The children of Responses as transcripts. */
  readonly responses: readonly string[];
}

export class Phone {
  readonly device: TestDevice;
  folderKey = '0';
  /** The key of each collection. */
  readonly keys = new Map<string, string>();

  private constructor(device: TestDevice) {
    this.device = device;
  }

  static async of(standalone: Standalone, options: TestDeviceOptions = {}): Promise<Phone> {
    return new Phone(new TestDevice(await standalone.user(), { outbox: standalone.outbox, ...options }));
  }

  /** The next FolderSync; tells the ids by name of all folders that it added. */
  async folderSync(): Promise<ReadonlyMap<string, string>> {
    const { document } = await this.device.post(
      'FolderSync',
      `<FolderSync><SyncKey>${this.folderKey}</SyncKey></FolderSync>`,
    );
    this.folderKey = text(document, 'FolderHierarchy:SyncKey') ?? this.folderKey;
    const added = children(child(document, 'FolderHierarchy:Changes'), 'FolderHierarchy:Add');
    return new Map(
      added.map((it) => [text(it, 'FolderHierarchy:DisplayName') ?? '', text(it, 'FolderHierarchy:ServerId') ?? '']),
    );
  }

  /** The first Sync of a collection, which gives its key. `rest`: Options and the like. */
  async prime(id: string, rest = ''): Promise<Synced> {
    this.keys.set(id, '0');
    return this.sync(id, rest);
  }

  /** `rest`: what follows the collection's id; `request`: what follows the collections. */
  async sync(id: string, rest = '', request = ''): Promise<Synced> {
    const synced = await this.syncWith(this.keys.get(id) ?? '0', id, rest, request);
    if (synced.status === 1 && synced.syncKey !== undefined) this.keys.set(id, synced.syncKey);
    return synced;
  }

  /** With a key of one's own choice, which is not remembered. */
  async syncWith(key: string, id: string, rest = '', request = ''): Promise<Synced> {
    const reply = await this.device.post('Sync', syncRequest(collection(id, key, rest), request));
    return read(reply, id);
  }

  /** Primes the collection and brings everything that is in it. */
  async syncAll(id: string, rest = ''): Promise<ReadonlyMap<string, string>> {
    await this.prime(id, rest);
    const all = new Map<string, string>();
    for (let more = true; more; ) {
      const synced = await this.sync(id);
      for (const [serverId, subject] of synced.added) all.set(serverId, subject);
      more = synced.more;
    }
    return all;
  }

  get version(): ProtocolVersion {
    return this.device.version;
  }
}

function read(reply: Reply, id: string): Synced {
  const collections = children(child(reply.document, 'AirSync:Collections'), 'AirSync:Collection');
  const found = collections.find((it) => text(it, 'AirSync:CollectionId') === id);
  const status = text(found ?? reply.document, 'AirSync:Status');
  const commands = child(found, 'AirSync:Commands');
  const ids = (tag: 'AirSync:Delete' | 'AirSync:SoftDelete') => children(commands, tag).map(serverIdOf);
  return {
    reply,
    status: status === undefined ? undefined : Number(status),
    syncKey: text(found, 'AirSync:SyncKey'),
    added: new Map(
      children(commands, 'AirSync:Add').map((it) => [serverIdOf(it), text(dataOf(it), 'Email:Subject') ?? '']),
    ),
    changed: new Map(
      children(commands, 'AirSync:Change').map((it) => [serverIdOf(it), children(dataOf(it)).map(printed).join('')]),
    ),
    deleted: ids('AirSync:Delete'),
    softDeleted: ids('AirSync:SoftDelete'),
    more: child(found, 'AirSync:MoreAvailable') !== undefined,
    responses: children(child(found, 'AirSync:Responses')).map(print),
  };
}

const serverIdOf = (it: Element): string => text(it, 'AirSync:ServerId') ?? '';
const dataOf = (it: Element): Element | undefined => child(it, 'AirSync:ApplicationData');
const printed = (it: Element): string => print({ tag: 'AirSync:ApplicationData', content: [it] }).slice(17, -18);

export const commands = (...inside: string[]): string => `<Commands>${inside.join('')}</Commands>`;
export const markRead = (serverId: string, read: 0 | 1 = 1): string =>
  `<Change><ServerId>${serverId}</ServerId><ApplicationData><email:Read>${read}</email:Read></ApplicationData></Change>`;
export const remove = (serverId: string): string => `<Delete><ServerId>${serverId}</ServerId></Delete>`;
export const fetch = (serverId: string): string => `<Fetch><ServerId>${serverId}</ServerId></Fetch>`;
