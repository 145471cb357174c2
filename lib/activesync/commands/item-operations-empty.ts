/** ItemOperations/EmptyFolderContents (MS-ASCMD 2.2.3.58). */
import { BackendError } from '../../backends/index.ts';
import { child, children, type Element, element, flag, ItemOperationsStatus, text } from '../protocol/index.ts';
import type { CommandContext } from './command.ts';
import { isRecipientInformation } from './recipient-information.ts';

export async function emptyFolderContents(operation: Element, context: CommandContext): Promise<Element> {
  const collectionId = text(operation, 'AirSync:CollectionId') ?? '';
  return element(
    operation.tag,
    element('ItemOperations:Status', await statusOf(operation, collectionId, context)),
    element('AirSync:CollectionId', collectionId),
  );
}

async function statusOf(operation: Element, collectionId: string, { user, log }: CommandContext): Promise<number> {
  const options = child(operation, 'ItemOperations:Options');
  // R3547: no other option belongs here.
  const isUnderstood = children(options).every((it) => it.tag === 'ItemOperations:DeleteSubFolders');
  if (collectionId === '' || !isUnderstood) return ItemOperationsStatus.protocolError;
  // R196
  if (isRecipientInformation(collectionId)) return ItemOperationsStatus.accessDenied;
  const folder = await user.folder(collectionId);
  if (!folder) return ItemOperationsStatus.notFound;
  if (folder.backendId === undefined) return ItemOperationsStatus.success;
  try {
    await user.emptyFolder(folder, { withSubfolders: flag(options, 'ItemOperations:DeleteSubFolders') ?? false });
    return ItemOperationsStatus.success;
  } catch (thrown) {
    if (!(thrown instanceof BackendError) || thrown.code === 'rejected-credentials') throw thrown;
    log.warn({ folder: collectionId, error: thrown }, 'A folder could not be emptied');
    if (thrown.code === 'forbidden') return ItemOperationsStatus.accessDenied;
    return thrown.code === 'not-found' ? ItemOperationsStatus.notFound : ItemOperationsStatus.serverError;
  }
}
