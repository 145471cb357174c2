/** MoveItems: one message to another folder, once. What it became is recorded, for a device that asks again (rule 10). */
import { BackendError } from '../../backends/index.ts';
import type { FolderEntry } from '../folders/folder-registry.ts';
import { formatServerId, parseServerId } from '../server-id.ts';
import type { MoveResult } from '../sync.ts';
import type { UserRecords } from '../user-records.ts';
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

export async function moveMessage(
  context: MailContext,
  records: UserRecords,
  deviceId: string,
  request: MoveRequest,
): Promise<MoveResult> {
  const { hierarchy } = context;
  const id = parseServerId(request.serverId);
  const source = await hierarchy.find(request.sourceId);
  if (!id || !source || id.folderId !== source.id || source.itemClass !== 'Email') return refused('invalid-source');
  const known = await hierarchy.find(request.targetId);
  if (!known || known.itemClass !== 'Email') return refused('invalid-target');
  if (known.id === source.id) return refused('same-folder');
  try {
    const target = await hierarchy.materialize(known.id);
    if (!target?.selectable) return refused('invalid-target');
    const sort = `MOVED#${encodeURIComponent(deviceId)}#${request.serverId}`;
    if ((await openFolder(context, source)) !== id.mark || !(await exists(context, source, id.uid))) {
      return (await recorded(records, sort, target.id)) ?? refused('invalid-source');
    }
    const mark = await openFolder(context, target);
    mustHold(context.lease);
    const moved = await context.mailbox.move(source.backendId ?? '', [id.uid], target.backendId ?? '');
    context.views.peek(source.id)?.markStale();
    context.views.peek(target.id)?.markStale();
    const uid = moved.get(id.uid);
    if (uid === undefined) return refused('failed');
    const serverId = formatServerId(target.id, mark, uid);
    await record(context, records, sort, target.id, serverId);
    return { kind: 'moved', serverId };
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    context.log.warn({ error, deviceId }, 'a message could not be moved');
    return refused('failed');
  }
}

async function exists(context: MailContext, { id, backendId }: FolderEntry, uid: number): Promise<boolean> {
  if (backendId === undefined) return false;
  const view = context.views.peek(id);
  if (view && !view.isStale && view.snapshot.flagTextOf(uid) !== undefined) return true;
  return (await context.mailbox.fetch(backendId, [uid], () => [])).length > 0;
}

async function recorded(records: UserRecords, sort: string, targetId: string): Promise<MoveResult | undefined> {
  const attributes = (await records.read(sort))?.attributes;
  const serverId = attributes?.['serverId'];
  return attributes?.['target'] === targetId && typeof serverId === 'string' ? { kind: 'moved', serverId } : undefined;
}

/** The message has moved: a record that cannot be written only costs a later repetition its answer. */
async function record(
  context: MailContext,
  records: UserRecords,
  sort: string,
  target: string,
  serverId: string,
): Promise<void> {
  const expires = Math.floor(context.clock.now() / 1_000) + RECORD_KEPT_SECONDS;
  try {
    await records.write(sort, undefined, { target, serverId, expires });
  } catch (error) {
    context.log.warn({ error, item: sort }, 'a move could not be recorded');
  }
}
