/** FolderUpdate (MS-ASCMD 2.2.1.6): renames a folder, moves it, or both. */
import { FolderUpdateStatus } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { changeFolder, folderName, type FolderStatuses, folderSyncKey, requiredField } from './folder-change.ts';
import { isRecipientInformation } from './recipient-information.ts';
import { refusal } from './refusal.ts';

const STATUSES: FolderStatuses = {
  success: FolderUpdateStatus.success,
  exists: FolderUpdateStatus.alreadyExistsOrSpecial,
  'special-folder': FolderUpdateStatus.alreadyExistsOrSpecial,
  'not-found': FolderUpdateStatus.folderNotFound,
  'parent-not-found': FolderUpdateStatus.parentNotFound,
  'server-error': FolderUpdateStatus.serverError,
  'invalid-key': FolderUpdateStatus.invalidSyncKey,
};

export async function folderUpdate(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const asked = request.document;
  folderSyncKey(asked);
  const id = requiredField(asked, 'FolderHierarchy:ServerId');
  const parentId = requiredField(asked, 'FolderHierarchy:ParentId');
  const name = folderName(asked);
  if (isRecipientInformation(id) || isRecipientInformation(parentId)) {
    return refusal('FolderUpdate', request.version, FolderUpdateStatus.folderIsRecipientInformation);
  }
  return changeFolder(request, context, { kind: 'rename', id, name, parentId }, STATUSES);
}
