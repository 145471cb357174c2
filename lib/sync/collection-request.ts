/** What a device asks of one collection in a Sync. */
import type { MessageFlags } from '../backends/index.ts';

export interface CollectionOptions {
  /** Only mail that arrived in the last so many days; undefined: all. */
  readonly filterDays: number | undefined;
  /** Who wins when both sides changed an item; devices that say nothing: the server. */
  readonly conflict: 'server' | 'client';
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
  /** Deletions go to the trash folder, but for those in it. */
  readonly deletesAsMoves: boolean;
  readonly commands: readonly ClientCommand[];
}
