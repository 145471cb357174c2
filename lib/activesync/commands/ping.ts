/** Ping (MS-ASCMD 2.2.1.13): tells at once, or when it happens, which folders have something that the device lacks. */
import type { PingFolder } from '../../sync/index.ts';
import { type Element, element, PingStatus } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest, CommandResult } from './command.ts';
import { readPing } from './ping-request.ts';
import { isRecipientInformation } from './recipient-information.ts';

export async function ping(request: CommandRequest, context: CommandContext): Promise<CommandResult> {
  const record = await context.device.record();
  const asked = readPing(request.document, record?.ping, context.limits);
  if (asked.kind === 'refused') return status(asked.status, asked.details);
  // Without a change nothing is written.
  await context.device.saveRecord({ ping: { heartbeatSeconds: asked.heartbeatSeconds, folders: asked.folders } });
  return watch(asked.folders, asked.heartbeatSeconds, context);
}

/** The waiting room looks again by itself: nothing falls between the folders' states and the ticket. */
async function watch(
  folders: readonly PingFolder[],
  heartbeatSeconds: number,
  context: CommandContext,
): Promise<CommandResult> {
  const { user, device, clock } = context;
  const deadline = clock.monotonic() + heartbeatSeconds * 1000;
  const ids = folders.map((it) => it.id).filter((it) => !isRecipientInformation(it));
  const now = await answerNow(ids, context);
  if (now) return now;
  const ticket = user.waiting.open<Answer>({
    deviceId: device.deviceId,
    purpose: 'ping',
    collectionIds: ids,
    changed: (changedIds, hierarchy) => ({
      kind: 'answer',
      answer: hierarchy ? status(PingStatus.folderSyncRequired) : changes(changedIds),
    }),
    superseded: () => ({ kind: 'answer', answer: status(PingStatus.noChanges) }),
  });
  return { kind: 'wait', ticket, deadline, answerAtDeadline: status(PingStatus.noChanges) };
}

async function answerNow(ids: readonly string[], { device }: CommandContext): Promise<Answer | undefined> {
  const changed: string[] = [];
  for (const id of ids) {
    const state = await device.watchState(id);
    if (state === 'not-found') return status(PingStatus.folderSyncRequired);
    // A folder whose first Sync is unfinished has everything yet to come (devices.md, First Sync).
    if (state === 'changed' || state === 'not-primed') changed.push(id);
  }
  return changed.length > 0 ? changes(changed) : undefined;
}

const changes = (ids: readonly string[]): Answer =>
  status(
    PingStatus.changes,
    element(
      'Ping:Folders',
      ids.map((id) => element('Ping:Folder', id)),
    ),
  );

const status = (value: number, details?: Element): Answer => ({
  kind: 'document',
  document: element('Ping:Ping', element('Ping:Status', value), details),
});
