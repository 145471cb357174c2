/** FolderDelete (MS-ASCMD 2.2.1.4): a folder with everything in it. */
import { FolderDeleteStatus } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { changeFolder, type FolderStatuses, folderSyncKey, requiredField } from './folder-change.ts';
import { isRecipientInformation } from './recipient-information.ts';
import { refusal } from './refusal.ts';

const STATUSES: FolderStatuses = {
  success: FolderDeleteStatus.success,
  exists: FolderDeleteStatus.serverError,
  'special-folder': FolderDeleteStatus.folderIsSpecial,
  'not-found': FolderDeleteStatus.folderNotFound,
  'parent-not-found': FolderDeleteStatus.folderNotFound,
  'server-error': FolderDeleteStatus.serverError,
  'invalid-key': FolderDeleteStatus.invalidSyncKey,
};

export async function folderDelete(request: CommandRequest, context: CommandContext): Promise<Answer> {
  folderSyncKey(request.document);
  const id = requiredField(request.document, 'FolderHierarchy:ServerId');
  if (isRecipientInformation(id)) return refusal('FolderDelete', request.version, FolderDeleteStatus.folderIsSpecial);
  return changeFolder(request, context, { kind: 'delete', id }, STATUSES);
}
