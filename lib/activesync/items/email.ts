/**
 * MIME ↔ the Email class: the interface that the commands use. Implementations are beside it, a file each.
 */
import type { FetchedMessage, FetchPlan, MessageFlags } from '../../backends/index.ts';
import type { MessageChange } from '../../sync/index.ts';
import type { Element } from '../protocol/index.ts';

/** Where an attachment or body comes from, for FileReference and the like: opaque to devices. */
export interface PartReference {
  readonly serverId: string;
  readonly path: string;
}

export interface EmailRenderer {
  readonly plan: FetchPlan;
  /**
   * The children of ApplicationData (or of an ItemOperations/Search Properties), in schema order. `add`: everything. `change`:
   * what changes in place, for which no part need be fetched; where the `previous` flags are known, only what differs.
   */
  render(
    message: FetchedMessage,
    serverId: string,
    purpose: 'add' | 'change',
    previous?: MessageFlags,
  ): readonly Element[];
}

/** What a device sent about a message, as a change of flags; `draft` for a 16.x draft's new content. */
export interface ReadEmailChange {
  readonly change: MessageChange;
  /** 16.x: the item is to be sent (Email2:Send), not only kept. */
  readonly send: boolean;
}

/** A new 16.x draft from ApplicationData. */
export interface ReadDraft {
  /** The MIME message; the same bytes for the same words of the device and the same author, but for the Date. */
  readonly message: () => Promise<Uint8Array>;
  readonly flags: MessageFlags;
  readonly send: boolean;
}
