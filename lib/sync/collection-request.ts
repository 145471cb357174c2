/** What a device asks of one collection in a Sync. */
import type { MessageFlags } from '../backends/index.ts';

export interface CollectionOptions {
  /** Only mail that arrived, or events that were not over, in the last so many days; tasks not done; undefined: all. */
  readonly filterDays: number | 'incomplete' | undefined;
  /** Who wins when both sides changed an item; devices that say nothing: the server. */
  readonly conflict: 'server' | 'client';
  /** Properties that the device said it knows, with its first Sync; of those, what a change leaves out is deleted. */
  readonly supported?: readonly string[];
  /** How items are to be rendered, as plain JSON that the room above understands and gives back to itself. */
  readonly rendering: unknown;
}

/** Changes to a message that a device may make in place. Absent fields are untouched. */
export interface MessageChange {
  readonly read?: boolean;
  /** Flags (keywords included) to add and to remove, beyond `read`. */
  readonly add?: MessageFlags;
  readonly remove?: MessageFlags;
  /**
   * What depends on the flags that the message has, which a device's words alone cannot tell: the categories and flag dates
   * (keywords) that new ones replace. Called with the current flags; pure; its result comes on top of `add` and `remove`.
   */
  readonly adjust?: (current: MessageFlags) => { readonly add: MessageFlags; readonly remove: MessageFlags };
  /** 16.x drafts: a whole new MIME message that takes the old one's place. Given the old one's bytes. */
  readonly rewrite?: (original: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

/**
 * What a device made of a resource: a new text, given the one that there is (undefined: a new resource) and the UID for a new one.
 * Pure, and the same for the same arguments.
 */
export type ResourceEdit = (
  source: string | undefined,
  context: { readonly uid: string; readonly now: Date; readonly supported: readonly string[] | undefined },
) => EditedResource | { readonly failure: 'malformed' | 'failed' };

export interface EditedResource {
  readonly text: string;
  /** It says something else than the device made of it: the device is told. */
  readonly isOther?: boolean;
  /** Of an edit: a further resource, to be made under the UID that was given. */
  readonly further?: string | undefined;
}

/** Tells others of a change of a resource: from one text to another, undefined where there is none. */
export interface Announcer {
  /** Does the change concern anybody? */
  concerns(before: string | undefined, after: string | undefined): boolean;
  /**
   * `id` is the same for every repetition of the same command: nobody is told twice. Throws BackendError('unavailable') where they
   * cannot be told now.
   */
  tell(before: string | undefined, after: string | undefined, id: string): Promise<void>;
}

/** What a client command did to one item; `digest` identifies the very same command in a retry. */
export type ClientCommand = { readonly digest: string } & (
  | {
      readonly kind: 'add';
      readonly clientId: string;
      /** A new message for this folder (16.x: drafts only; the engine refuses others). */
      readonly message: () => Uint8Array | Promise<Uint8Array>;
      readonly flags: MessageFlags;
    }
  | { readonly kind: 'change'; readonly serverId: string; readonly change: MessageChange }
  /** A new resource: an event, a contact, a task, a note. */
  | { readonly kind: 'create'; readonly clientId: string; readonly make: ResourceEdit }
  | { readonly kind: 'edit'; readonly serverId: string; readonly make: ResourceEdit }
  | { readonly kind: 'delete'; readonly serverId: string }
  /** Changes nothing: the item is rendered whole. */
  | { readonly kind: 'fetch'; readonly serverId: string }
  /** A command that could not be understood: answered with its reason, the others are carried out. */
  | {
      readonly kind: 'malformed';
      readonly of: 'add' | 'change' | 'delete' | 'fetch';
      readonly serverId?: string;
      readonly clientId?: string;
    }
);

export interface CollectionRequest {
  readonly collectionId: string;
  /** '0' begins a new series. */
  readonly syncKey: string;
  readonly getChanges: boolean;
  /** 1–512: already bounded. */
  readonly windowSize: number;
  /** Undefined: those remembered, or the defaults. */
  readonly options: CollectionOptions | undefined;
  /** With key 0: the properties that the device knows. */
  readonly supported?: readonly string[] | undefined;
  /** Deletions go to the trash folder, but for those in it. */
  readonly deletesAsMoves: boolean;
  readonly commands: readonly ClientCommand[];
  /** Absent: nobody is to be told of what the device does to resources. */
  readonly announcer?: Announcer | undefined;
}
