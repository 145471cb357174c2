/** A Sync request as it is carried out: complete, bounded, and understood but for what depends on the folder. */
import type { Element } from '../../protocol/index.ts';

export interface SyncRequest {
  /** In the order in which they are carried out. */
  readonly collections: readonly SyncCollection[];
  /** Changes in the whole answer, at most. */
  readonly windowSize: number;
  /** Undefined: answered at once. */
  readonly waitSeconds: number | undefined;
}

export interface SyncCollection {
  readonly id: string;
  readonly syncKey: string;
  readonly getChanges: boolean;
  readonly windowSize: number;
  readonly deletesAsMoves: boolean;
  /** ConversationMode was asked for: only collections of mail have conversations. */
  readonly hasConversationMode: boolean;
  /** As it came, for Options and Commands, which need the folder to be understood. */
  readonly element: Element;
}
