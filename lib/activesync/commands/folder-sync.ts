/** FolderSync (MS-ASCMD 2.2.1.5): the hierarchy of folders, whole under key 0, and its changes since any later key. */
import type { HierarchyChanges, SyncFolder } from '../../sync/index.ts';
import { type Element, element, FolderSyncStatus, reinitialiseHeaders, type TagName, text } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { folderType } from './folder-type.ts';
import { malformedAnswer } from './failures.ts';
import { hasRecipientInformation, recipientInformationFolder } from './recipient-information.ts';
import { refusal } from './refusal.ts';

export async function folderSync(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const syncKey = text(request.document, 'FolderHierarchy:SyncKey')?.trim();
  if (!syncKey) return malformedAnswer(request.command, request.version);
  const answer = await context.device.hierarchy(syncKey);
  if (answer.kind === 'invalid-key') {
    const refused = refusal('FolderSync', request.version, FolderSyncStatus.invalidSyncKey);
    return refused.kind === 'document' ? { ...refused, headers: reinitialiseHeaders() } : refused;
  }

  const withRecipientInformation = syncKey === '0' && hasRecipientInformation(request.version);
  return {
    kind: 'document',
    ...(syncKey === '0' && { headers: reinitialiseHeaders() }),
    document: element(
      'FolderHierarchy:FolderSync',
      element('FolderHierarchy:Status', FolderSyncStatus.success),
      element('FolderHierarchy:SyncKey', answer.syncKey),
      changesElement(answer.changes, withRecipientInformation),
    ),
  };
}

function changesElement({ added, updated, deletedIds }: HierarchyChanges, withRecipientInformation: boolean): Element {
  const extra = withRecipientInformation ? [recipientInformationFolder()] : [];
  const count = added.length + extra.length + updated.length + deletedIds.length;
  return element(
    'FolderHierarchy:Changes',
    element('FolderHierarchy:Count', count),
    updated.map((it) => folderElement('FolderHierarchy:Update', it)),
    deletedIds.map((id) => element('FolderHierarchy:Delete', element('FolderHierarchy:ServerId', id))),
    added.map((it) => folderElement('FolderHierarchy:Add', it)),
    extra,
  );
}

const folderElement = (tag: TagName, folder: SyncFolder): Element =>
  element(
    tag,
    element('FolderHierarchy:ServerId', folder.id),
    element('FolderHierarchy:ParentId', folder.parentId),
    element('FolderHierarchy:DisplayName', folder.name),
    element('FolderHierarchy:Type', folderType(folder)),
  );
