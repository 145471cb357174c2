/**
 * Collections of resources: calendars, address books, lists of tasks, notes. A resource is the text of one .ics or .vcf, under a
 * name in its collection, with an etag that differs whenever its text does. One contract suite (`test/contract/resources.ts`), of
 * which the local-folders implementation is the reference.
 */
import type { BusyTime, Folder, FolderEvent, ItemClass, Watch } from './backend.ts';

export type ResourceClass = Exclude<ItemClass, 'Email'>;

/** What a system of resources can do, found out when it is opened; never decided by its name. */
export interface ResourceCapabilities {
  /** Changes since a token are told cheaply (RFC 6578); else a whole list is compared. */
  readonly hasSyncToken: boolean;
  /** Classes that have no token where the others have one. */
  readonly withoutSyncToken?: ReadonlySet<ResourceClass>;
  /** `watch` is told of changes at once; else it polls. */
  readonly canPush: boolean;
  /** Collections can be made, renamed and deleted. */
  readonly canChangeCollections: boolean;
  /** Invitations, cancellations and answers are sent by the server itself when events change (RFC 6638). */
  readonly schedulesItself: boolean;
  /** Of these classes there are collections, or could be. */
  readonly classes: ReadonlySet<ResourceClass>;
}

/** The largest text of a resource that is read: no device takes a photo or attachments like that, and servers have little memory. */
export const RESOURCE_LIMIT_BYTES = 24 * 1024 * 1024;

export interface ResourceState {
  /** Unique in its collection, stable while the resource lives. */
  readonly name: string;
  readonly etag: string;
}

export interface Resource extends ResourceState {
  readonly text: string;
}

export interface ResourceChanges {
  /** What to ask with next time; undefined where there is none, and every answer is complete. */
  readonly token: string | undefined;
  /** True if `resources` is everything there is; then `removed` is empty. */
  readonly complete: boolean;
  /** New and changed ones (or perhaps changed: the caller compares etags). */
  readonly resources: readonly ResourceState[];
  /** Names of those that are gone. */
  readonly removed: readonly string[];
}

/** What must hold for a write: there is no such resource, or it is still this one. Undefined: nothing. */
export type WriteCondition = 'new' | { readonly etag: string } | undefined;

export type PutResult =
  /** `etag` is undefined if the server kept something else than what it was given: it has to be read to be known. */
  | { readonly kind: 'stored'; readonly etag: string | undefined }
  /** The condition did not hold. Nothing was written. */
  | { readonly kind: 'conflict' };

export type RemoveResult = 'removed' | 'gone' | 'conflict';
export type MoveResourceResult = 'moved' | 'gone' | 'conflict';

/** Which resources of a collection are wanted: those that are not over by then, or tasks that are not done. */
export type ResourceFilter = { readonly endsAfter: Date } | 'incomplete';

/**
 * One user's collections. Methods may be called concurrently; they throw BackendError. A name that is gone is never an error: it
 * is left out of the result. Collections are Folders of another class than Email; at most one of each kind but `user`.
 */
export interface ResourceStore {
  readonly capabilities: ResourceCapabilities;

  /** Is this the id of a collection, whether there is such a one or not? */
  isCollection(id: string): boolean;
  collections(): Promise<readonly Folder[]>;
  createCollection(name: string, itemClass: ResourceClass): Promise<Folder>;
  /** The id may change: the new one is told. */
  renameCollection(id: string, name: string): Promise<Folder>;
  /** With everything in it. */
  deleteCollection(id: string): Promise<void>;

  /** What changed since the token; everything without one, or with one that is not known any more. */
  changes(collectionId: string, token?: string): Promise<ResourceChanges>;
  /** Names of those in the collection that the filter wants. */
  matching(collectionId: string, filter: ResourceFilter): Promise<ReadonlySet<string>>;
  /** The event, task or note with this UID. */
  withUid(collectionId: string, uid: string): Promise<Resource | undefined>;
  /** In as few round trips as possible; in no order. What is larger than a resource may be has '' for its text: devices get none of it. */
  read(collectionId: string, names: readonly string[]): Promise<readonly Resource[]>;
  /** Throws BackendError('rejected') for a text that the system will not have, 'failed' where it fails at this one. */
  put(collectionId: string, name: string, text: string, condition: WriteCondition): Promise<PutResult>;
  remove(collectionId: string, name: string, etag: string | undefined): Promise<RemoveResult>;
  /** As it is now, to another collection of the same class, under the same name; `conflict` if there is one of this name. */
  move(collectionId: string, name: string, targetId: string): Promise<MoveResourceResult>;

  /** As Mailbox.freeBusy. */
  freeBusy?(address: string, fromMs: number, toMs: number): Promise<readonly BusyTime[] | undefined>;

  /** As Mailbox.watch, of collections alone. */
  watch(listener: (event: FolderEvent) => void): Promise<Watch>;
  close(): Promise<void>;
}
