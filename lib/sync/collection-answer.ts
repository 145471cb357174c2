/** What a collection answers to a Sync. */

export type ItemFailure =
  | 'not-found'
  | 'malformed'
  | 'conflict'
  | 'over-quota'
  /** Not allowed in this folder, or of this item. */
  | 'forbidden'
  /** The mail system will not have it, now or later. */
  | 'rejected'
  /** Could not be done now; the device may try again. */
  | 'failed';

/** The outcome of a client command. Successful changes and deletes have none: the protocol has them unmentioned. */
export type CommandOutcome<T> =
  | { readonly kind: 'added'; readonly clientId: string; readonly serverId: string }
  | { readonly kind: 'changed'; readonly serverId: string }
  | { readonly kind: 'fetched'; readonly serverId: string; readonly item: T }
  | {
      readonly kind: 'failed';
      readonly of: 'add' | 'change' | 'delete' | 'fetch';
      readonly serverId?: string;
      readonly clientId?: string;
      readonly failure: ItemFailure;
    };

export type ServerChange<T> =
  | { readonly kind: 'add' | 'change'; readonly serverId: string; readonly item: T }
  | { readonly kind: 'delete' | 'soft-delete'; readonly serverId: string };

export type CollectionAnswer<T> =
  | {
      readonly kind: 'answer';
      /** The key that the device goes on with; the one it came with if nothing happened. */
      readonly syncKey: string;
      /** False: nothing changed and no client command: nothing need be said of this collection. */
      readonly changed: boolean;
      readonly outcomes: readonly CommandOutcome<T>[];
      readonly changes: readonly ServerChange<T>[];
      readonly moreAvailable: boolean;
    }
  | {
      readonly kind: 'refused';
      readonly reason:
        | 'invalid-key'
        | 'not-found'
        /** Commands or content were asked for under key 0. */
        | 'malformed'
        /** The backend or the store failed: nothing of the state changed, the device may repeat the request. */
        | 'unavailable';
    };
