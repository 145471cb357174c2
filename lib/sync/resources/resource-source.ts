/**
 * Resources of the user's collections in the engine's terms: an item's id is the hash of the resource's name, its revision a print
 * of the etag, and its one part the text. What a device holds is compared with these, as mail is: nothing depends on a server's
 * keeping of old sync tokens, and the device's own changes need no list of echoes.
 */
import { createHash } from 'node:crypto';
import {
  type FetchedMessage,
  type FetchPlan,
  type FolderChanges,
  type FolderPosition,
  type MessageState,
  type Part,
  type Resource,
  type ResourceStore,
  UidRuns,
} from '../../backends/index.ts';
import type { Log } from '../../platform/index.ts';
import { ONLY_INCOMPLETE } from '../mail/filter.ts';
import type { FolderSnapshot } from '../mail/folder-snapshot.ts';
import type { ItemSource } from '../mail/item-source.ts';
import { PrintTable, printOf } from '../mail/print-table.ts';
import { NameTable } from './name-table.ts';

/** For limits on what is fetched at once, before anything is: an event or contact is seldom larger. */
const USUAL_SIZE_BYTES = 8_192;
const VALIDITY = 'resources';
const NO_DATE = new Date(0);
/** Bits of a hash beyond those that a number holds exactly. */
const SURPLUS_BITS = 11n;

/** The one part of an item that is a resource. */
export const TEXT_PART = '';
const STRUCTURE: Part = {
  path: '1',
  type: 'text/plain',
  parameters: {},
  encoding: '8bit',
  sizeBytes: 0,
  dispositionParameters: {},
  parts: [],
};

interface Window {
  readonly version: number;
  readonly ids: Promise<ReadonlySet<number>>;
}

interface Collection {
  readonly names: NameTable;
  /** By cut-off. */
  readonly windows: Map<number, Window>;
}

/** Devices of a user have few different filters; the oldest window is let go. */
const WINDOWS_LIMIT = 8;

export class ResourceSource implements ItemSource {
  readonly store: ResourceStore;
  readonly #log: Log;
  readonly #collections = new Map<string, Collection>();

  constructor(store: ResourceStore, log: Log) {
    this.store = store;
    this.#log = log;
  }

  revisionTable(): PrintTable {
    return new PrintTable();
  }

  async changes(collectionId: string, since?: FolderPosition): Promise<FolderChanges> {
    const { token, complete, resources, removed } = await this.store.changes(collectionId, since?.modseq);
    const collection = this.#collection(collectionId);
    if (complete) collection.names.clear();
    const gone: number[] = [];
    for (const name of removed) {
      const id = idOf(name);
      if (collection.names.delete(id)) gone.push(id);
    }
    const messages: MessageState[] = [];
    for (const { name, etag } of resources) {
      const id = idOf(name);
      const namesake = collection.names.get(id);
      if (namesake !== undefined && namesake !== name) {
        this.#log.error({ collectionId, name, namesake }, 'two resources have the same hash: one is kept from devices');
        continue;
      }
      collection.names.set(id, name);
      messages.push({ uid: id, flags: [printOf(etag)], receivedAt: NO_DATE, sizeBytes: USUAL_SIZE_BYTES });
    }
    return { validity: VALIDITY, modseq: token, complete, messages, vanished: UidRuns.of(gone) };
  }

  async fetch(collectionId: string, ids: readonly number[], plan: FetchPlan): Promise<readonly FetchedMessage[]> {
    const wantsText = plan({ structure: STRUCTURE, sizeBytes: USUAL_SIZE_BYTES }).length > 0;
    const found = new Map<number, Resource>();
    for (const resource of await this.read(collectionId, ids)) found.set(idOf(resource.name), resource);
    return ids.flatMap((id) => {
      const resource = found.get(id);
      return resource ? [asItem(id, resource, wantsText)] : [];
    });
  }

  /** Those gone are left out. */
  async read(collectionId: string, ids: readonly number[]): Promise<readonly Resource[]> {
    const names = ids.flatMap((id) => this.nameOf(collectionId, id) ?? []);
    return names.length === 0 ? [] : this.store.read(collectionId, names);
  }

  /** As of the last look at the collection. */
  nameOf(collectionId: string, id: number): string | undefined {
    return this.#collections.get(collectionId)?.names.get(id);
  }

  /** A resource that was made between two looks. */
  adopt(collectionId: string, name: string): number {
    const id = idOf(name);
    this.#collection(collectionId).names.set(id, name);
    return id;
  }

  /** Asked once for each version of the collection and each filter. */
  async windowFrom(
    collectionId: string,
    cutOff: number,
    { version }: FolderSnapshot,
  ): Promise<(id: number) => boolean> {
    const { windows } = this.#collection(collectionId);
    let window = windows.get(cutOff);
    if (window?.version !== version) {
      window = { version, ids: this.#askWindow(collectionId, cutOff) };
      windows.delete(cutOff);
      windows.set(cutOff, window);
      const asked = window;
      window.ids.catch(() => windows.get(cutOff) === asked && windows.delete(cutOff));
      for (const oldest of windows.keys()) if (windows.size > WINDOWS_LIMIT) windows.delete(oldest);
    }
    const ids = await window.ids;
    return (id) => ids.has(id);
  }

  forget(collectionId: string): void {
    this.#collections.delete(collectionId);
  }

  async #askWindow(collectionId: string, cutOff: number): Promise<ReadonlySet<number>> {
    const filter = cutOff === ONLY_INCOMPLETE ? 'incomplete' : { endsAfter: new Date(cutOff) };
    const names = await this.store.matching(collectionId, filter);
    return new Set(Array.from(names, idOf));
  }

  #collection(collectionId: string): Collection {
    let collection = this.#collections.get(collectionId);
    if (!collection) this.#collections.set(collectionId, (collection = { names: new NameTable(), windows: new Map() }));
    return collection;
  }
}

/** 53 bits: what a number holds exactly, and never 0. Of ten thousand names two collide once in a hundred million mailboxes. */
export function idOf(name: string): number {
  const bits = createHash('sha256').update(name).digest().readBigUInt64BE(0) >> SURPLUS_BITS;
  return Number(bits) || 1;
}

/** The text of an item that a ResourceSource fetched. */
export function textOfItem({ parts }: Pick<FetchedMessage, 'parts'>): string {
  return Buffer.from(parts.get(TEXT_PART)?.bytes ?? []).toString('utf8');
}

function asItem(id: number, { etag, text }: Resource, wantsText: boolean): FetchedMessage {
  const bytes = Buffer.from(text);
  return {
    uid: id,
    flags: [printOf(etag)],
    receivedAt: NO_DATE,
    sizeBytes: bytes.length,
    header: new Uint8Array(),
    structure: STRUCTURE,
    parts: new Map(wantsText ? [[TEXT_PART, { bytes, complete: true }]] : []),
  };
}
