/**
 * Sync (MS-ASCMD 2.2.1.21): brings collections in step, one after the other, and waits where the device asked for it and
 * there is nothing to say. What is wrong with the request as a whole is found before anything of it is carried out.
 */
import { child, element, MalformedValue, SyncStatus, text } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest, CommandResult } from './command.ts';
import { hasRecipientInformation, isRecipientInformation } from './recipient-information.ts';
import { cachedRequest, completeRequest } from './sync/last-request.ts';
import { type PreparedCollection, prepareCollection } from './sync/prepare-collection.ts';
import { readSyncRequest } from './sync/read-request.ts';
import type { SyncCollection, SyncRequest } from './sync/request.ts';
import { syncCollection, syncRecipientInformation } from './sync/sync-collection.ts';
import { collectionElement, type CollectionReply, refusedStatus } from './sync/write-answer.ts';

const EMPTY: Answer = { kind: 'empty' };

/** A collection that is carried out, or answered as it stands. */
type Step =
  | { readonly kind: 'collection'; readonly prepared: PreparedCollection }
  | { readonly kind: 'reply'; readonly reply: CollectionReply | undefined };

export async function sync(request: CommandRequest, context: CommandContext): Promise<CommandResult> {
  const complete = completeRequest(request.document, context.device.lastSync);
  if (!complete) return status(SyncStatus.requestIncomplete);
  const asked = readSyncRequest(complete, context.limits);
  if (asked.kind === 'refused') return status(asked.status, asked.limit);
  const steps: Step[] = [];
  for (const collection of asked.collections) steps.push(await step(collection, request, context));

  endOlderWait(context);
  const replies = await carryOut(steps, asked, request, context);
  context.device.lastSync = cachedRequest(complete);
  if (replies.length > 0) return answer(replies);
  if (asked.waitSeconds === undefined || request.again) return EMPTY;
  const deadline = context.clock.monotonic() + asked.waitSeconds * 1000;
  return { kind: 'wait', ticket: openTicket(idsOf(steps), context), deadline, answerAtDeadline: EMPTY };
}

/**
 * A Sync of this device that still waits is answered, whether this one waits or not: run again later, it would go on from a
 * key gone by.
 */
function endOlderWait(context: CommandContext): void {
  const { waiting } = context.user;
  if (waiting.size > 0) waiting.close(openTicket([], context));
}

async function step(collection: SyncCollection, request: CommandRequest, context: CommandContext): Promise<Step> {
  const { id, syncKey, element: asked } = collection;
  if (isRecipientInformation(id) && hasRecipientInformation(request.version)) {
    if (child(asked, 'AirSync:Commands')) {
      throw new MalformedValue('AirSync:Commands', '', 'none: nobody changes the recipient information cache');
    }
    return { kind: 'reply', reply: syncRecipientInformation(collection) };
  }
  const folder = await context.user.folder(id);
  if (folder) {
    const author = { account: context.user.account, now: new Date(context.clock.now()) };
    return { kind: 'collection', prepared: prepareCollection(collection, folder, request.version, author) };
  }
  const itemClass = request.version === '12.1' ? text(asked, 'AirSync:Class') || 'Email' : undefined;
  return { kind: 'reply', reply: { itemClass, id, syncKey, status: refusedStatus('not-found') } };
}

/** The waiting room looks at the collections by itself: nothing falls between the answer and the ticket. */
const openTicket = (collectionIds: readonly string[], { user, device }: CommandContext): string =>
  user.waiting.open<Answer>({
    deviceId: device.deviceId,
    purpose: 'sync',
    collectionIds,
    // Run again, it would find nothing: the device has to ask for its folders first.
    changed: (_ids, hierarchy) =>
      hierarchy ? { kind: 'answer', answer: status(SyncStatus.folderHierarchyChanged) } : { kind: 'again' },
    superseded: () => ({ kind: 'answer', answer: EMPTY }),
  });

const idsOf = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((it) => (it.kind === 'collection' ? [it.prepared.asked.id] : []));

/** In the order received, until the window of the whole request is full (MS-ASCMD 2.2.3.199). */
async function carryOut(
  steps: readonly Step[],
  { windowSize }: SyncRequest,
  { version }: CommandRequest,
  context: CommandContext,
): Promise<readonly CollectionReply[]> {
  const replies: CollectionReply[] = [];
  let window = windowSize;
  for (const it of steps) {
    if (it.kind === 'reply') {
      if (it.reply) replies.push(it.reply);
      continue;
    }
    // What was carried out before is answered when the device asks again, as after any answer that was lost.
    context.signal?.throwIfAborted();
    const { reply, changeCount } = await syncCollection(it.prepared, window, version, context);
    window -= changeCount;
    if (reply) replies.push(reply);
  }
  return replies;
}

const answer = (replies: readonly CollectionReply[]): Answer => ({
  kind: 'document',
  document: element('AirSync:Sync', element('AirSync:Collections', replies.map(collectionElement))),
});

const status = (value: number, limit?: number): Answer => ({
  kind: 'document',
  document: element(
    'AirSync:Sync',
    element('AirSync:Status', value),
    limit !== undefined && element('AirSync:Limit', limit),
  ),
});
