/** One collection of a Sync, from what was asked to what is answered. */
import { BackendError } from '../../../backends/index.ts';
import { CaravanError } from '../../../platform/index.ts';
import type { CollectionAnswer } from '../../../sync/index.ts';
import { atLeast, type ProtocolVersion, SyncStatus } from '../../protocol/index.ts';
import type { CommandContext } from '../command.ts';
import { primedKey, recipientInformationState } from '../recipient-information.ts';
import { announcerFor } from './announce-meeting.ts';
import { type PreparedCollection, rendererFor } from './prepare-collection.ts';
import type { SyncCollection } from './request.ts';
import { applyAgain, syncReceiving } from './receive-meetings.ts';
import { sendDrafts } from './send-drafts.ts';
import { type CollectionReply, refusedStatus, type Rendered, type SendOutcome } from './write-answer.ts';

/** A reply, and how many changes of the request's window it took; no reply: there is nothing to say. */
export interface CollectionResult {
  readonly reply: CollectionReply | undefined;
  readonly changeCount: number;
}

/** `window`: what is left of the request's. */
export async function syncCollection(
  prepared: PreparedCollection,
  window: number,
  version: ProtocolVersion,
  context: CommandContext,
): Promise<CollectionResult> {
  const { asked, folder, refused } = prepared;
  const itemClass = version === '12.1' ? folder.itemClass : undefined;
  const base = { itemClass, id: asked.id };
  const refuse = (status: number): CollectionResult => ({
    reply: { ...base, status, syncKey: status === SyncStatus.invalidSyncKey ? '0' : asked.syncKey },
    changeCount: 0,
  });
  if (refused !== undefined) return refuse(refused);
  try {
    const sends = await trySends(prepared, context);
    const answer = await ask(prepared, window, version, context);
    void applyAgain(folder, context);
    if (answer.kind === 'refused') return refuse(refusedStatus(answer.reason));
    if (!answer.changed && sends.length === 0) return { reply: undefined, changeCount: 0 };
    const { syncKey, changes, moreAvailable } = answer;
    // Before 16.0 a change that succeeded is never mentioned (MS-ASCMD 2.2.3.24).
    const outcomes = answer.outcomes.filter((it) => it.kind !== 'changed' || atLeast(version, '16.0'));
    const status = SyncStatus.success;
    return {
      reply: { ...base, syncKey, status, outcomes, sends, changes, moreAvailable },
      changeCount: changes.length,
    };
  } catch (thrown) {
    if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') throw thrown;
    context.log.error({ collection: asked.id, error: thrown }, 'A collection could not be synchronised');
    return refuse(thrown instanceof CaravanError ? SyncStatus.retry : SyncStatus.serverError);
  }
}

/** Once the window is full, commands are still carried out, and what else there is waits for the next request. */
async function ask(
  prepared: PreparedCollection,
  window: number,
  version: ProtocolVersion,
  context: CommandContext,
): Promise<CollectionAnswer<Rendered>> {
  const { asked, folder, options, supported, commands } = prepared;
  const { device } = context;
  const renderer = await rendererFor(prepared, context, version);
  const isFull = window <= 0 && asked.getChanges;
  const answer =
    isFull && commands.length === 0
      ? ({
          kind: 'answer',
          syncKey: asked.syncKey,
          changed: false,
          outcomes: [],
          changes: [],
          moreAvailable: false,
        } as const)
      : await syncReceiving(
          {
            collectionId: asked.id,
            syncKey: asked.syncKey,
            getChanges: asked.getChanges && !isFull,
            windowSize: Math.max(1, Math.min(asked.windowSize, window)),
            options,
            supported,
            deletesAsMoves: asked.deletesAsMoves,
            commands,
            announcer: announcerFor(folder, version, context),
          },
          renderer,
          folder,
          context,
        );
  if (!isFull || answer.kind === 'refused') return answer;
  const moreAvailable = await device.hasMore(asked.id);
  return { ...answer, moreAvailable, changed: answer.changed || moreAvailable };
}

/** Nothing is sent under a key that the collection does not have. */
async function trySends(prepared: PreparedCollection, context: CommandContext): Promise<readonly SendOutcome[]> {
  const { asked, folder, sends } = prepared;
  if (sends.length === 0) return [];
  const known = await context.device.estimate(asked.id, asked.syncKey, {});
  return known.kind === 'refused' ? [] : sendDrafts(sends, folder, context);
}

/** The recipient information cache: always empty. */
export function syncRecipientInformation(asked: SyncCollection): CollectionReply | undefined {
  const base = { itemClass: undefined, id: asked.id };
  switch (recipientInformationState(asked.syncKey)) {
    case 'first':
      return { ...base, syncKey: primedKey(), status: SyncStatus.success };
    case 'unchanged':
      return undefined;
    case 'invalid-key':
      return { ...base, syncKey: '0', status: SyncStatus.invalidSyncKey };
  }
}
