/** Drafts that a 16.x device wants sent (MS-ASEMAIL Send): they go to the outbox, and a draft that was kept goes away. */
import type { SendResult } from '../../../outbox/index.ts';
import { reasonOf } from '../../../platform/index.ts';
import type { MessageChange, SyncFolder, SyncItem } from '../../../sync/index.ts';
import { CommonStatus, SyncStatus } from '../../protocol/index.ts';
import type { CommandContext } from '../command.ts';
import { sendMessage } from '../send-message.ts';
import type { SendOutcome } from './write-answer.ts';

export type DraftSend =
  /** Never was an item; `id` is the ClientId. */
  | {
      readonly of: 'add';
      readonly id: string;
      readonly digest: string;
      readonly message: () => Uint8Array | Promise<Uint8Array>;
    }
  /** Is an item, perhaps to be changed first; `id` is the ServerId. */
  | { readonly of: 'change'; readonly id: string; readonly rewrite: MessageChange['rewrite'] };

const REFUSALS: Readonly<Record<Extract<SendResult, { why: string }>['reason'], number>> = {
  'no-recipients': CommonStatus.invalidRecipients,
  malformed: SyncStatus.conversionError,
  quota: CommonStatus.sendQuotaExceeded,
  rejected: CommonStatus.mailSubmissionFailed,
  unavailable: SyncStatus.serverError,
};

/** In order, each on its own. */
export async function sendDrafts(
  sends: readonly DraftSend[],
  folder: SyncFolder,
  context: CommandContext,
): Promise<readonly SendOutcome[]> {
  const outcomes: SendOutcome[] = [];
  for (const send of sends) {
    const status = send.of === 'add' ? await sendNew(send, folder, context) : await sendKept(send, context);
    outcomes.push({ of: send.of, id: send.id, status });
  }
  return outcomes;
}

const sendNew = async (
  send: Extract<DraftSend, { of: 'add' }>,
  folder: SyncFolder,
  context: CommandContext,
): Promise<number> => submit(`${folder.id}:${send.id}:${send.digest}`, await send.message(), context);

async function sendKept(send: Extract<DraftSend, { of: 'change' }>, context: CommandContext): Promise<number> {
  const item = await context.user.message(send.id);
  const original = item && (await wholeMessage(item, context));
  if (!item || !original) {
    // Sent and taken away, and the answer was lost.
    const wasSent = await context.outbox.wasSent(context.user.lease, context.device.deviceId, clientIdOf(send.id));
    return wasSent ? SyncStatus.success : SyncStatus.objectNotFound;
  }
  const message = send.rewrite ? await send.rewrite(original) : original;
  // A draft's id is never used again: the same id is the same draft sent once more.
  const status = await submit(send.id, message, context);
  if (status === SyncStatus.success) await removeDraft(item, context);
  return status;
}

const clientIdOf = (id: string): string => `draft:${id}`;

async function wholeMessage(item: SyncItem, { user }: CommandContext): Promise<Uint8Array | undefined> {
  const fetched = await user.fetch([item], () => [{ path: '' }]);
  return fetched.get(item.serverId)?.parts.get('')?.bytes;
}

async function submit(id: string, message: Uint8Array, context: CommandContext): Promise<number> {
  const result = await sendMessage(context, {
    deviceId: context.device.deviceId,
    clientId: clientIdOf(id),
    message,
    saveInSent: true,
  });
  if (!('reason' in result)) return SyncStatus.success;
  context.log.warn({ reason: result.reason, why: result.why }, 'A draft could not be sent');
  return REFUSALS[result.reason];
}

/** It is sent: that it stays in the drafts, if it does, is no failure that the device should hear of. */
async function removeDraft({ folder, uid }: SyncItem, { user, log }: CommandContext): Promise<void> {
  if (folder.backendId === undefined) return;
  try {
    await user.mailbox.remove(folder.backendId, [uid]);
  } catch (thrown) {
    log.warn({ folder: folder.id, reason: reasonOf(thrown) }, 'A draft that was sent could not be removed');
  }
}
