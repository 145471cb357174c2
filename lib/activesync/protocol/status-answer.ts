/** The shortest answer: a command's root with a Status and nothing else, for what is refused before the command runs. */
import type { TagName } from './code-pages.ts';
import { type Element, element } from './document.ts';
import type { CommandName } from './request.ts';

// biome-ignore format: a table
const ROOTS: Readonly<Partial<Record<CommandName, readonly [root: TagName, status: TagName]>>> = {
  Sync: ['AirSync:Sync', 'AirSync:Status'],
  SendMail: ['ComposeMail:SendMail', 'ComposeMail:Status'],
  SmartForward: ['ComposeMail:SmartForward', 'ComposeMail:Status'],
  SmartReply: ['ComposeMail:SmartReply', 'ComposeMail:Status'],
  FolderSync: ['FolderHierarchy:FolderSync', 'FolderHierarchy:Status'],
  FolderCreate: ['FolderHierarchy:FolderCreate', 'FolderHierarchy:Status'],
  FolderDelete: ['FolderHierarchy:FolderDelete', 'FolderHierarchy:Status'],
  FolderUpdate: ['FolderHierarchy:FolderUpdate', 'FolderHierarchy:Status'],
  MoveItems: ['Move:MoveItems', 'Move:Status'],
  GetItemEstimate: ['GetItemEstimate:GetItemEstimate', 'GetItemEstimate:Status'],
  MeetingResponse: ['MeetingResponse:MeetingResponse', 'MeetingResponse:Status'],
  Search: ['Search:Search', 'Search:Status'],
  Settings: ['Settings:Settings', 'Settings:Status'],
  Ping: ['Ping:Ping', 'Ping:Status'],
  ItemOperations: ['ItemOperations:ItemOperations', 'ItemOperations:Status'],
  Provision: ['Provision:Provision', 'Provision:Status'],
  ResolveRecipients: ['ResolveRecipients:ResolveRecipients', 'ResolveRecipients:Status'],
  ValidateCert: ['ValidateCert:ValidateCert', 'ValidateCert:Status'],
  Find: ['Find:Find', 'Find:Status'],
};

/** Undefined for the commands without documents (GetAttachment and the like), which have HTTP statuses only. */
export function statusAnswer(command: CommandName, status: number): Element | undefined {
  const tags = ROOTS[command];
  return tags && element(tags[0], element(tags[1], status));
}

const STATUS_TAGS: ReadonlyMap<TagName, TagName> = new Map(Object.values(ROOTS));

/** The tag of the Status of an answer with this root. */
export const statusTagOf = (root: TagName): TagName | undefined => STATUS_TAGS.get(root);

/** The root tag of a command's request and answer. */
export const rootTagOf = (command: CommandName): TagName | undefined => ROOTS[command]?.[0];
