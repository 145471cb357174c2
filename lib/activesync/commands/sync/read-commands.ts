/** Reads what a device did to the items of a collection (MS-ASCMD 2.2.3.32). */
import type { ClientCommand, SyncFolder } from '../../../sync/index.ts';
import { type DraftAuthor, readDraft, readEmailChange } from '../../items/index.ts';
import {
  atLeast,
  child,
  children,
  type Element,
  flag,
  MalformedValue,
  type ProtocolVersion,
  text,
} from '../../protocol/index.ts';
import { digestOf } from './digest.ts';
import { createCommand, deleteCommand, editCommand } from './read-resource-commands.ts';
import type { DraftSend } from './send-drafts.ts';

const MAX_ID_CHARACTERS = 64;

export interface ReadCommands {
  readonly commands: readonly ClientCommand[];
  /** 16.x drafts that are to be sent: they never become items of the folder. */
  readonly sends: readonly DraftSend[];
}

type Read =
  | { readonly kind: 'command'; readonly command: ClientCommand }
  | { readonly kind: 'send'; readonly send: DraftSend };

/** Throws MalformedValue for a command without its ids; one whose content makes no sense is answered on its own. */
export function readCommands(
  collection: Element,
  folder: SyncFolder,
  version: ProtocolVersion,
  author: DraftAuthor,
): ReadCommands {
  const commands: ClientCommand[] = [];
  const sends: DraftSend[] = [];
  for (const element of children(collection, 'AirSync:Commands').flatMap((it) => children(it))) {
    const read = readCommand(element, { folder, version, author });
    if (read.kind === 'command') commands.push(read.command);
    else sends.push(read.send);
  }
  return { commands, sends };
}

interface Site {
  readonly folder: SyncFolder;
  readonly version: ProtocolVersion;
  readonly author: DraftAuthor;
}

function readCommand(element: Element, site: Site): Read {
  const digest = digestOf(element);
  const tag: string = element.tag;
  switch (tag) {
    case 'AirSync:Add':
      return readAdd(element, digest, site);
    case 'AirSync:Change':
      return readChange(element, digest, site);
    case 'AirSync:Delete':
      return { kind: 'command', command: deleteCommand(element, digest, serverIdOf(element), resourceSite(site)) };
    case 'AirSync:Fetch':
      return { kind: 'command', command: { kind: 'fetch', digest, serverId: serverIdOf(element) } };
    default:
      throw new MalformedValue(element.tag, '', 'Add, Change, Delete or Fetch');
  }
}

/** Mail is not added by devices, but for drafts at 16.x (MS-ASCMD_R755). */
function readAdd(element: Element, digest: string, site: Site): Read {
  const { folder, version, author } = site;
  const clientId = requiredId(element, 'AirSync:ClientId');
  if (folder.itemClass !== 'Email') {
    return { kind: 'command', command: createCommand(element, digest, clientId, resourceSite(site)) };
  }
  const data = child(element, 'AirSync:ApplicationData');
  const malformed: Read = { kind: 'command', command: { kind: 'malformed', digest, of: 'add', clientId } };
  if (!data || folder.kind !== 'drafts' || !atLeast(version, '16.0') || classOf(element) !== 'Email') return malformed;
  try {
    const { message, flags, send } = readDraft(element, version, author);
    return send || isToBeSent(element)
      ? { kind: 'send', send: { of: 'add', id: clientId, digest, message } }
      : { kind: 'command', command: { kind: 'add', digest, clientId, message, flags } };
  } catch (thrown) {
    if (thrown instanceof MalformedValue) return malformed;
    throw thrown;
  }
}

function readChange(element: Element, digest: string, site: Site): Read {
  const { folder, version, author } = site;
  const serverId = serverIdOf(element);
  if (folder.itemClass !== 'Email') {
    return { kind: 'command', command: editCommand(element, digest, serverId, resourceSite(site)) };
  }
  const malformed: Read = { kind: 'command', command: { kind: 'malformed', digest, of: 'change', serverId } };
  try {
    const { change, send } = readEmailChange(element, version, author);
    if (!send && !(isToBeSent(element) && atLeast(version, '16.0')))
      return { kind: 'command', command: { kind: 'change', digest, serverId, change } };
    if (folder.kind !== 'drafts') return malformed;
    return { kind: 'send', send: { of: 'change', id: serverId, rewrite: change.rewrite } };
  } catch (thrown) {
    if (thrown instanceof MalformedValue) return malformed;
    throw thrown;
  }
}

const resourceSite = ({ folder, version, author }: Site) => ({ folder, version, account: author.account });

/** Send belongs beside ApplicationData (MS-ASEMAIL_R1386); within it, it is understood too. */
const isToBeSent = (element: Element): boolean => flag(element, 'Email2:Send') ?? false;

const classOf = (element: Element): string => text(element, 'AirSync:Class') || 'Email';

const serverIdOf = (element: Element): string => requiredId(element, 'AirSync:ServerId');

function requiredId(element: Element, tag: 'AirSync:ClientId' | 'AirSync:ServerId'): string {
  const id = text(element, tag)?.trim() ?? '';
  if (id === '' || id.length > MAX_ID_CHARACTERS)
    throw new MalformedValue(tag, id, `1 to ${MAX_ID_CHARACTERS} characters`);
  return id;
}
