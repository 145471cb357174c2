/** The folder tree: LIST with its attributes, namespaces, and making, renaming and deleting folders. */
import type { Folder, FolderKind } from '../backend.ts';
import { BackendError } from '../errors.ts';
import type { ImapConfiguration } from './configuration.ts';
import { ImapCommandError } from './errors.ts';
import { folderKinds, type ListedFolder } from './folder-kinds.ts';
import { decodeMailboxName, mailboxName } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';
import { listOf, textOf } from './wire/values.ts';

/** Nothing in it can be seen, and it breaks lines or lists. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNSPEAKABLE = /[\u0000-\u001f\u007f]/;
const MAX_NAME_LENGTH = 200;

export interface FolderTree {
  readonly folders: readonly Folder[];
  /** Undefined on a server without hierarchy. */
  readonly delimiter: string | undefined;
  /** Of the personal namespace, its delimiter included: `INBOX.` or ''. */
  readonly prefix: string;
}

export async function readTree(session: ImapSession, configuration: ImapConfiguration): Promise<FolderTree> {
  const { prefix, foreign } = await namespaces(session);
  const listed = new Map<string, Set<string>>();
  let delimiter: string | undefined;
  const withUse = session.has('SPECIAL-USE') && session.has('LIST-EXTENDED') ? ' RETURN (SPECIAL-USE)' : '';
  await session.command(`LIST "" "*"${withUse}`, {
    onUntagged: (response) => {
      if (response.name !== 'LIST') return false;
      const [attributes, separator, name] = response.values();
      const raw = decodeMailboxName(textOf(name));
      const path = raw.toUpperCase() === 'INBOX' ? 'INBOX' : raw;
      if (foreign.some((other) => path.startsWith(other))) return true;
      delimiter ??= separator === null ? undefined : textOf(separator);
      listed.set(path, new Set(listOf(attributes).map((attribute) => textOf(attribute).toLowerCase())));
      return true;
    },
  });
  return { folders: foldersOf(listed, delimiter, prefix, configuration), delimiter, prefix };
}

function foldersOf(
  listed: Map<string, Set<string>>,
  delimiter: string | undefined,
  prefix: string,
  configuration: ImapConfiguration,
): Folder[] {
  // A server may leave out parents that hold no messages.
  for (const path of listed.keys()) {
    for (let parent = parentOf(path, delimiter, prefix); parent; parent = parentOf(parent, delimiter, prefix)) {
      if (!listed.has(parent)) listed.set(parent, new Set(['\\nonexistent']));
    }
  }
  const all: ListedFolder[] = [...listed].map(([path, attributes]) => {
    const parent = parentOf(path, delimiter, prefix);
    return { path, name: nameOf(path, delimiter, prefix), isNearTop: !parent || parent === 'INBOX', attributes };
  });
  const kinds = folderKinds(all, configuration.folderNames);
  return all
    .filter(({ path }) => path !== prefix.slice(0, -1) || path === 'INBOX')
    .map(({ path, name, attributes }) => ({
      id: path,
      parentId: parentOf(path, delimiter, prefix),
      name,
      kind: kinds.get(path) ?? 'user',
      itemClass: 'Email',
      selectable: !attributes.has('\\noselect') && !attributes.has('\\nonexistent'),
    }));
}

/** What stands below the personal prefix is at the top: `INBOX.Sent` is no child of the inbox where all folders are there. */
function parentOf(path: string, delimiter: string | undefined, prefix: string): string | undefined {
  if (delimiter === undefined || path === 'INBOX') return undefined;
  const at = path.lastIndexOf(delimiter);
  const parent = at <= 0 ? undefined : path.slice(0, at);
  return parent === undefined || `${parent}${delimiter}` === prefix ? undefined : parent;
}

function nameOf(path: string, delimiter: string | undefined, prefix: string): string {
  const relative = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path;
  return delimiter === undefined ? relative : relative.slice(relative.lastIndexOf(delimiter) + 1);
}

/** The personal prefix, and those of other users' and shared folders, which are not the mailbox's (RFC 2342). */
async function namespaces(session: ImapSession): Promise<{ prefix: string; foreign: string[] }> {
  let prefix = '';
  const foreign: string[] = [];
  if (session.has('NAMESPACE')) {
    await session.command('NAMESPACE', {
      onUntagged: (response) => {
        if (response.name !== 'NAMESPACE') return false;
        const [personal, ...others] = response.values();
        prefix = decodeMailboxName(textOf(listOf(listOf(personal)[0])[0]));
        for (const group of others) {
          for (const namespace of listOf(group)) foreign.push(decodeMailboxName(textOf(listOf(namespace)[0])));
        }
        return true;
      },
    });
  }
  return { prefix, foreign: foreign.filter((other) => other !== '' && !prefix.startsWith(other)) };
}

export async function createFolder(
  session: ImapSession,
  configuration: ImapConfiguration,
  name: string,
  parentId: string | undefined,
  kind: FolderKind | undefined,
): Promise<Folder> {
  const tree = await readTree(session, configuration);
  const path = pathIn(tree, name, parentId);
  if (tree.folders.some((folder) => folder.id === path)) throw exists(name);
  const use = kind === undefined || kind === 'user' || !session.has('CREATE-SPECIAL-USE') ? undefined : USES[kind];
  try {
    await session.change(['CREATE ', mailboxName(path), use ? ` (USE (${use}))` : '']);
  } catch (error) {
    throw refused(error, name);
  }
  await quietly(session.change(['SUBSCRIBE ', mailboxName(path)]));
  return found(await readTree(session, configuration), path);
}

const USES: Readonly<Partial<Record<FolderKind, string>>> = {
  drafts: '\\Drafts',
  sent: '\\Sent',
  trash: '\\Trash',
  junk: '\\Junk',
  archive: '\\Archive',
};

export async function renameFolder(
  session: ImapSession,
  configuration: ImapConfiguration,
  id: string,
  name: string,
  parentId: string | undefined,
): Promise<Folder> {
  const tree = await readTree(session, configuration);
  const folder = found(tree, id);
  if (folder.kind === 'inbox') throw forbidden('the inbox cannot be renamed');
  const path = pathIn(tree, name, parentId);
  if (path === id) return folder;
  if (tree.delimiter && path.startsWith(`${id}${tree.delimiter}`))
    throw forbidden('a folder cannot be put into itself');
  if (tree.folders.some((other) => other.id === path)) throw exists(name);
  await deselect(session);
  try {
    await session.change(['RENAME ', mailboxName(id), ' ', mailboxName(path)]);
  } catch (error) {
    throw refused(error, name);
  }
  await quietly(session.change(['SUBSCRIBE ', mailboxName(path)]));
  await quietly(session.change(['UNSUBSCRIBE ', mailboxName(id)]));
  return found(await readTree(session, configuration), path);
}

export async function deleteFolder(session: ImapSession, configuration: ImapConfiguration, id: string): Promise<void> {
  const tree = await readTree(session, configuration);
  const folder = found(tree, id);
  if (folder.kind === 'inbox') throw forbidden('the inbox cannot be deleted');
  const below = tree.folders.filter((other) => tree.delimiter && other.id.startsWith(`${id}${tree.delimiter}`));
  await deselect(session);
  const deepestFirst = [...below, folder].sort((a, b) => b.id.length - a.id.length);
  for (const each of deepestFirst) {
    const deletion = session.change(['DELETE ', mailboxName(each.id)]);
    // A mere parent vanishes with its last child.
    await (each.selectable ? deletion : quietly(deletion));
    await quietly(session.change(['UNSUBSCRIBE ', mailboxName(each.id)]));
  }
}

/** Where a folder of that name would be; refuses names that would become something else. */
function pathIn(tree: FolderTree, name: string, parentId: string | undefined): string {
  const isSpeakable = name !== '' && name.length <= MAX_NAME_LENGTH && !UNSPEAKABLE.test(name);
  if (
    !isSpeakable ||
    name === '.' ||
    name === '..' ||
    (tree.delimiter !== undefined && name.includes(tree.delimiter))
  ) {
    throw forbidden(`a folder cannot be called ${JSON.stringify(name.slice(0, MAX_NAME_LENGTH))}`);
  }
  if (parentId === undefined) return name.toUpperCase() === 'INBOX' ? 'INBOX' : `${tree.prefix}${name}`;
  const parent = found(tree, parentId);
  if (tree.delimiter === undefined) throw forbidden('the mail server has no folders in folders');
  return `${parent.id}${tree.delimiter}${name}`;
}

function found(tree: FolderTree, id: string): Folder {
  const folder = tree.folders.find((each) => each.id === id);
  if (!folder) throw new BackendError('not-found', `there is no folder ${JSON.stringify(id)}`);
  return folder;
}

/** A server that refuses a name without saying why with a code still refused it: trying again will not help. */
function refused(error: unknown, name: string): unknown {
  if (!(error instanceof ImapCommandError) || error.responseCode !== undefined) return error;
  return forbidden(`the mail server refused the folder ${JSON.stringify(name)}`, error);
}

function exists(name: string): BackendError {
  return new BackendError('already-exists', `there is a folder ${JSON.stringify(name)} already`);
}

function forbidden(what: string, cause?: ImapCommandError): BackendError {
  return new BackendError('forbidden', what, cause ? { why: cause.why ?? cause.message, cause } : {});
}

/** A server may drop the connection whose selected folder is deleted, even by that connection itself. */
async function deselect(session: ImapSession): Promise<void> {
  if (session.has('UNSELECT')) await quietly(session.command('UNSELECT'));
  else await session.command('EXAMINE INBOX');
}

/** Subscriptions are a courtesy to other mail programs. */
async function quietly(command: Promise<unknown>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!(error instanceof ImapCommandError)) throw error;
  }
}
