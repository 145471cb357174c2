/** Where a folder's items come from: messages from the mailbox itself, resources from its collections (resource-source.ts). */
import type { FetchedMessage, FetchPlan, FolderChanges, FolderPosition } from '../../backends/index.ts';
import type { RevisionTable } from './flag-sets.ts';
import type { FolderSnapshot } from './folder-snapshot.ts';

export interface ItemSource {
  changes(backendId: string, since?: FolderPosition, arrivedAfter?: Date): Promise<FolderChanges>;
  /** `onMessage`: see Mailbox. */
  fetch(
    backendId: string,
    uids: readonly number[],
    plan: FetchPlan,
    onMessage?: (message: FetchedMessage) => void,
  ): Promise<readonly FetchedMessage[]>;
  /** Undefined: revisions are sets of flags. */
  revisionTable?(): RevisionTable;
  /** Is the item with this id in the filter's window? Undefined: the time of arrival tells. */
  windowFrom?(backendId: string, cutOff: number, snapshot: FolderSnapshot): Promise<(uid: number) => boolean>;
}
