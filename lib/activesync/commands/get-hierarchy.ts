/** GetHierarchy (MS-ASCMD 2.2.1.8), 12.1: the folders of mail, without any sync state. */
import { element } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { folderType } from './folder-type.ts';

export async function getHierarchy(_: CommandRequest, context: CommandContext): Promise<Answer> {
  const folders = await context.user.folders();
  return {
    kind: 'document',
    document: element(
      'FolderHierarchy:Folders',
      folders
        .filter((it) => it.itemClass === 'Email')
        .map((it) =>
          element(
            'FolderHierarchy:Folder',
            element('FolderHierarchy:DisplayName', it.name),
            element('FolderHierarchy:ServerId', it.id),
            element('FolderHierarchy:Type', folderType(it)),
            element('FolderHierarchy:ParentId', it.parentId),
          ),
        ),
    ),
  };
}
