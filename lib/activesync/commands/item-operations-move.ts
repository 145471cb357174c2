/**
 * ItemOperations/Move: a conversation to another folder (MS-ASCMD 2.2.3.117.1), from 14.0 on. Moved is what there is of it. That
 * what comes of it later follows, the other half of MoveAlways, is not kept: rules for coming mail are the mail system's, which
 * also sees the mail that no device syncs. Devices must name MoveAlways all the same (2.2.3.118).
 */
import type { MoveResult } from '../../sync/index.ts';
import { conversationIdOf } from '../items/index.ts';
import { bytes, child, type Element, element, ItemOperationsStatus, text } from '../protocol/index.ts';
import type { CommandContext } from './command.ts';

type Refusal = Extract<MoveResult, { kind: 'refused' }>['reason'];

const REFUSALS: Readonly<Record<Refusal, number>> = {
  'invalid-source': ItemOperationsStatus.notFound,
  'invalid-target': ItemOperationsStatus.actionNotSupported,
  // Nothing to do is done.
  'same-folder': ItemOperationsStatus.success,
  failed: ItemOperationsStatus.serverError,
};

export async function moveConversation(operation: Element, context: CommandContext): Promise<Element> {
  const conversationId = bytes(operation, 'ItemOperations:ConversationId') ?? new Uint8Array();
  return element(
    operation.tag,
    element('ItemOperations:Status', await statusOf(operation, conversationId, context)),
    element('ItemOperations:ConversationId', conversationId),
  );
}

async function statusOf(operation: Element, conversationId: Uint8Array, context: CommandContext): Promise<number> {
  const targetId = text(operation, 'ItemOperations:DstFldId');
  if (conversationId.length === 0 || targetId === undefined) return ItemOperationsStatus.protocolError;
  // R3475
  const always = child(child(operation, 'ItemOperations:Options'), 'ItemOperations:MoveAlways');
  if (!always) return ItemOperationsStatus.moveOptionsMissing;
  const target = await context.user.folder(targetId);
  // R4173: only folders of mail.
  if (target?.itemClass !== 'Email') return ItemOperationsStatus.actionNotSupported;
  const moved = await context.user.moveConversation(conversationId, targetId, conversationIdOf);
  return moved.kind === 'moved' ? ItemOperationsStatus.success : REFUSALS[moved.reason];
}
