/**
 * MoveItems: one message to another folder, once. What is to be moved is written down first, and then what it became, for a
 * device that asks again (rule 10): also of the server that comes after one that died in between.
 */
import { BackendError, headerFields, headerValue } from '../../backends/index.ts';
import { StoreError } from '../../store/index.ts';
import { SyncError } from '../errors.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import { formatServerId, parseServerId } from '../server-id.ts';
import { moveResource } from '../resources/move-resource.ts';
import type { MoveResult } from '../sync.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';
import { mustHold } from './client-commands.ts';
import type { MailContext } from './collection-session.ts';
import { openFolder } from './open-folder.ts';

interface MoveRequest {
  readonly serverId: string;
  readonly sourceId: string;
  readonly targetId: string;
}

const RECORD_KEPT_SECONDS = 86_400;

type Refusal = Extract<MoveResult, { kind: 'refused' }>['reason'];
const refused = (reason: Refusal): MoveResult => ({ kind: 'refused', reason });

/** A device that had no answer in time asks again while its first request is still on its way: it comes second here. */
export function moveMessage(
  context: MailContext,
  records: UserRecords,
  deviceId: string,
  request: MoveRequest,
): Promise<MoveResult> {
  return context.moving.run(request.serverId, () => moveNow(context, records, deviceId, request));
}

async function moveNow(
  context: MailContext,
  records: UserRecords,
  deviceId: string,
  request: MoveRequest,
): Promise<MoveResult> {
  const { hierarchy } = context;
  const id = parseServerId(request.serverId);
  const source = await hierarchy.find(request.sourceId);
  if (!id || !source || id.folderId !== source.id) return refused('invalid-source');
  const known = await hierarchy.find(request.targetId);
  if (!known || known.itemClass !== source.itemClass) return refused('invalid-target');
  if (known.id === source.id) return refused('same-folder');
  if (source.itemClass !== 'Email') return moveResource(context, source, known, id.uid);
  try {
    const target = await hierarchy.materialize(known.id);
    if (!target?.selectable) return refused('invalid-target');
    const place: Place = { sort: `MOVED#${encodeURIComponent(deviceId)}#${request.serverId}`, target };
    const isCurrent = (await openFolder(context, source)) === id.mark;
    const message = isCurrent ? await find(context, source, id.uid) : undefined;
    const earlier = await records.read(place.sort);
    if (!message) return (earlier && (await settled(context, records, place, earlier))) ?? refused('invalid-source');
    const mark = await openFolder(context, target);
    const begun = await begin(context, records, place, earlier, message.messageId);
    mustHold(context.lease);
    const validity = hierarchy.known(source.id)?.validity;
    const moved = await context.mailbox.move(source.backendId ?? '', [id.uid], target.backendId ?? '', validity);
    context.views.peek(source.id)?.markStale();
    context.views.peek(target.id)?.markStale();
    const uid = moved.get(id.uid);
    // A server that had the user before may have been at it: then it is where it is to be.
    if (uid === undefined) return (begun && (await settled(context, records, place, begun))) ?? refused('failed');
    const serverId = formatServerId(target.id, mark, uid);
    await record(context, records, place, begun, serverId);
    return { kind: 'moved', serverId };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    mustHold(context.lease);
    context.log.warn({ error, deviceId }, 'a message could not be moved');
    return refused('failed');
  }
}

interface Place {
  readonly sort: string;
  readonly target: FolderEntry;
}

async function find(
  context: MailContext,
  { backendId }: FolderEntry,
  uid: number,
): Promise<{ readonly messageId: string | undefined } | undefined> {
  if (backendId === undefined) return undefined;
  const [message] = await context.mailbox.fetch(backendId, [uid], () => []);
  return message && { messageId: headerValue(headerFields(message.header), 'message-id')?.trim() };
}

/** Throws StoreError or SyncError if that cannot be written down: then nothing is moved. */
async function begin(
  context: MailContext,
  records: UserRecords,
  { sort, target }: Place,
  earlier: UserRecord | undefined,
  messageId: string | undefined,
): Promise<UserRecord | undefined> {
  // Without one it could not be found again.
  if (messageId === undefined || messageId === '') return earlier;
  return records.write(sort, earlier?.version, { target: target.id, messageId, expires: expiry(context) });
}

/** The message is gone from the source: because of this very request, if it is recorded so. */
async function settled(
  context: MailContext,
  records: UserRecords,
  place: Place,
  earlier: UserRecord,
): Promise<MoveResult | undefined> {
  const { target, serverId, messageId } = earlier.attributes;
  if (target !== place.target.id) return undefined;
  if (typeof serverId === 'string') return { kind: 'moved', serverId };
  if (typeof messageId !== 'string') return undefined;
  const mark = await openFolder(context, place.target);
  const uid = (await context.mailbox.findMessageId(place.target.backendId ?? '', messageId)).at(-1);
  if (uid === undefined) return undefined;
  const found = formatServerId(place.target.id, mark, uid);
  await record(context, records, place, earlier, found);
  return { kind: 'moved', serverId: found };
}

/** The message has moved: a record that cannot be written only costs a later repetition a search. */
async function record(
  context: MailContext,
  records: UserRecords,
  { sort, target }: Place,
  before: UserRecord | undefined,
  serverId: string,
): Promise<void> {
  try {
    await records.write(sort, before?.version, { target: target.id, serverId, expires: expiry(context) });
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof SyncError)) throw error;
    context.log.warn({ error, item: sort }, 'a move could not be recorded');
  }
}

const expiry = ({ clock }: MailContext): number => Math.floor(clock.now() / 1_000) + RECORD_KEPT_SECONDS;
