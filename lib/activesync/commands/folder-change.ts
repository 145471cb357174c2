/** What FolderCreate, FolderUpdate and FolderDelete have in common: their fields, and the shape of their answers. */
import type { FolderChange, FolderChangeAnswer } from '../../sync/index.ts';
import { child, type CommandName, type Element, element, MalformedValue, rootTagOf, text } from '../protocol/index.ts';
import type { TagName } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { refusal } from './refusal.ts';

const MAX_NAME_CHARACTERS = 256;

type Refusal = Extract<FolderChangeAnswer, { kind: 'refused' }>['reason'];

/** A command's status for each way in which a change can be refused. */
export type FolderStatuses = Readonly<Record<Refusal | 'success', number>>;

/** A field that must be there and not be empty. Throws MalformedValue. */
export function requiredField(request: Element | undefined, tag: TagName): string {
  const value = text(request, tag)?.trim();
  if (!value) throw new MalformedValue(tag, '', 'a value');
  return value;
}

/** A name that a folder can have. Throws MalformedValue. */
export function folderName(request: Element | undefined): string {
  const name = requiredField(request, 'FolderHierarchy:DisplayName');
  if (name.length > MAX_NAME_CHARACTERS) {
    throw new MalformedValue('FolderHierarchy:DisplayName', name, `at most ${MAX_NAME_CHARACTERS} characters`);
  }
  return name;
}

/** The key of a request that carries no Status, which belongs to answers (MS-ASCMD_R3102). Throws MalformedValue. */
export function folderSyncKey(request: Element | undefined): string {
  if (child(request, 'FolderHierarchy:Status')) {
    throw new MalformedValue(
      'FolderHierarchy:Status',
      text(request, 'FolderHierarchy:Status') ?? '',
      'no such element',
    );
  }
  return requiredField(request, 'FolderHierarchy:SyncKey');
}

/** Makes the change and answers; `withId`: the answer names the folder, as FolderCreate's does. */
export async function changeFolder(
  request: CommandRequest,
  context: CommandContext,
  change: FolderChange,
  statuses: FolderStatuses,
): Promise<Answer> {
  const answer = await context.device.changeFolder(folderSyncKey(request.document), change);
  if (answer.kind === 'refused') return refusal(request.command, request.version, statuses[answer.reason]);
  return {
    kind: 'document',
    document: element(
      rootOf(request.command),
      element('FolderHierarchy:Status', statuses.success),
      element('FolderHierarchy:SyncKey', answer.syncKey),
      change.kind === 'create' && element('FolderHierarchy:ServerId', answer.id),
    ),
  };
}

const rootOf = (command: CommandName): TagName => rootTagOf(command) as TagName;
