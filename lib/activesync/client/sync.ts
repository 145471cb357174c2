/** Sync: one round, and rounds until a collection is up to date. */
import { CommonStatus, type Element, SyncStatus } from '../protocol/index.ts';
import { applySync } from './apply-sync.ts';
import { statusFailure } from './answer-failure.ts';
import { collectionState, FIRST_KEY } from './device-state.ts';
import { folderSync } from './folders.ts';
import type { DeviceSession, RunRequest } from './session.ts';
import { type CollectionAnswer, syncAnswer, type SyncAnswer } from './sync-answer.ts';
import { type CollectionRequest, type SyncCommand, syncDocument, type SyncRequest } from './sync-request.ts';

/** Beyond the heartbeat, until an answer counts as lost. */
const ANSWER_MARGIN_MS = 30_000;
/** Rounds of one collection that may fail in a row before it is given up. */
const MAX_FAILURES = 3;
const RETRY_STATUSES: readonly number[] = [
  SyncStatus.serverError,
  SyncStatus.retry,
  CommonStatus.serverErrorRetryLater,
  CommonStatus.syncStateLocked,
];

/** One request with its collections' keys of the state, and the answer applied to the state. Statuses are the caller's. */
export async function syncOnce(
  session: DeviceSession,
  request: SyncRequest,
  run: RunRequest = {},
): Promise<SyncAnswer> {
  const { state } = session;
  const heldSeconds = request.heartbeatSeconds ?? (request.waitMinutes ?? 0) * 60;
  const document: Element = syncDocument(request, (id) => collectionState(state, id).syncKey);
  const response = await session.run('Sync', {
    document,
    ...(heldSeconds > 0 && { timeoutMs: heldSeconds * 1000 + ANSWER_MARGIN_MS }),
    ...run,
  });
  const answer = syncAnswer(response.document);
  for (const collection of answer.collections) {
    const commands = request.collections.find((it) => it.collectionId === collection.collectionId)?.commands;
    applySync(collectionState(state, collection.collectionId), collection, commands);
  }
  return answer;
}

/** The same of one collection; undefined where nothing changed. A failure of the whole request is the collection's. */
export async function syncCollection(
  session: DeviceSession,
  request: CollectionRequest,
): Promise<CollectionAnswer | undefined> {
  const { collectionId } = request;
  const { status, collections } = await syncOnce(session, { collections: [request] });
  const own = collections.find((it) => it.collectionId === collectionId);
  if (own !== undefined || status === undefined || status === SyncStatus.success) return own;
  const nothing = { added: [], changed: [], deleted: [], softDeleted: [], results: [] };
  return { collectionId, status, syncKey: undefined, moreAvailable: false, ...nothing };
}

export interface SyncProgress {
  readonly collectionId: string;
  /** Of the round that just ended. */
  readonly answer: CollectionAnswer | undefined;
  readonly rounds: number;
  /** Items that the device holds now. */
  readonly items: number;
}

export interface SyncTotals {
  readonly rounds: number;
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
}

/**
 * Rounds until the server has no more: key 0 first where the collection is new, over again after Status 3, FolderSync after
 * Status 12. `commands` go with the first round that has a key. Throws ClientError `protocol-status` for other statuses.
 */
export async function syncAll(
  session: DeviceSession,
  request: CollectionRequest,
  options: { readonly onProgress?: (progress: SyncProgress) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<SyncTotals> {
  const { collectionId } = request;
  const totals = { rounds: 0, added: 0, changed: 0, deleted: 0 };
  let pending: readonly SyncCommand[] | undefined = request.commands;
  let failures = 0;
  for (;;) {
    const collection = collectionState(session.state, collectionId);
    const isFirst = collection.syncKey === FIRST_KEY;
    const round = isFirst ? firstRound(request) : { ...request, commands: pending };
    const { status, collections } = await syncOnce(session, { collections: [round] }, { signal: options.signal });
    const answer = collections.find((it) => it.collectionId === collectionId);
    totals.rounds++;
    totals.added += answer?.added.length ?? 0;
    totals.changed += answer?.changed.length ?? 0;
    totals.deleted += (answer?.deleted.length ?? 0) + (answer?.softDeleted.length ?? 0);
    const { items } = collectionState(session.state, collectionId);
    options.onProgress?.({ collectionId, answer, rounds: totals.rounds, items: Object.keys(items).length });
    const outcome = status ?? answer?.status ?? SyncStatus.success;
    if (outcome !== SyncStatus.success) {
      if (++failures >= MAX_FAILURES) throw statusFailure('Sync', outcome);
      await recover(session, outcome, options.signal);
    } else {
      failures = 0;
      if (!isFirst) pending = undefined;
      if (!isFirst && answer?.moreAvailable !== true) return totals;
    }
  }
}

/** What the specification lets go with key 0 (MS-ASCMD 2.2.3.181.5). */
const firstRound = (request: CollectionRequest): CollectionRequest => ({
  collectionId: request.collectionId,
  supported: request.supported,
});

async function recover(session: DeviceSession, status: number, signal: AbortSignal | undefined): Promise<void> {
  session.log.info({ status }, 'The server has this collection synced otherwise');
  if (status === SyncStatus.invalidSyncKey || RETRY_STATUSES.includes(status)) return;
  if (status !== SyncStatus.folderHierarchyChanged) throw statusFailure('Sync', status);
  await folderSync(session, signal);
}
