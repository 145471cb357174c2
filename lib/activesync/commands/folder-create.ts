/** FolderCreate (MS-ASCMD 2.2.1.3). */
import { FolderCreateStatus, integer, MalformedValue } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { changeFolder, folderName, type FolderStatuses, folderSyncKey, requiredField } from './folder-change.ts';
import { classOfCreatedType } from './folder-type.ts';
import { isRecipientInformation } from './recipient-information.ts';
import { refusal } from './refusal.ts';

const STATUSES: FolderStatuses = {
  success: FolderCreateStatus.success,
  exists: FolderCreateStatus.alreadyExists,
  'special-folder': FolderCreateStatus.parentIsSpecial,
  'not-found': FolderCreateStatus.parentNotFound,
  'parent-not-found': FolderCreateStatus.parentNotFound,
  'server-error': FolderCreateStatus.serverError,
  'invalid-key': FolderCreateStatus.invalidSyncKey,
};

export async function folderCreate(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const asked = request.document;
  folderSyncKey(asked);
  const parentId = requiredField(asked, 'FolderHierarchy:ParentId');
  const name = folderName(asked);
  const type = integer(asked, 'FolderHierarchy:Type');
  const itemClass = type === undefined ? undefined : classOfCreatedType(type);
  // A default folder is there already: to ask for another is a semantic error (MS-ASCMD_R4035).
  if (!itemClass) throw new MalformedValue('FolderHierarchy:Type', String(type ?? ''), '1, 12, 13, 14, 15 or 17');
  if (isRecipientInformation(parentId)) {
    return refusal('FolderCreate', request.version, FolderCreateStatus.parentIsSpecial);
  }
  return changeFolder(request, context, { kind: 'create', name, parentId, itemClass }, STATUSES);
}
