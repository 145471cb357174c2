/**
 * Folder names on disk. A folder lies in `<mail>/.<id>`, where the id is its path: names from the top, each escaped, with dots
 * between (Maildir++). Names are UTF-8; dots, slashes and percent signs are written `%2E`, `%2F`, `%25`. The inbox is
 * `<mail>` itself, with the id `INBOX`.
 */
import { BackendError } from '../errors.ts';
import { folderNotFound } from './errors.ts';

export const INBOX = 'INBOX';
/** A file name's limit on Linux is 255; one goes to the leading dot. */
const ID_LIMIT_BYTES = 254;
// oxlint-disable-next-line no-control-regex -- exactly those are refused
const FORBIDDEN = /[\u0000-\u001f\u007f]/;

/** The id of a folder called `name` in `parentId`; BackendError('forbidden') for names that no folder can have. */
export function folderIdOf(name: string, parentId: string | undefined): string {
  const refuse = (why: string) =>
    new BackendError('forbidden', `a folder cannot be called ${JSON.stringify(name.slice(0, 100))}`, {
      why,
      remedy: 'Choose another name.',
    });
  if (name.trim() === '') throw refuse('the name is empty');
  if (FORBIDDEN.test(name)) throw refuse('it has control characters in it');
  if (!name.isWellFormed()) throw refuse('it is not valid Unicode');
  const escaped = name.replace(/[./%]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const id = parentId === undefined ? escaped : `${parentId}.${escaped}`;
  if (Buffer.byteLength(id) > ID_LIMIT_BYTES) throw refuse('it is too long, with the names of its parents');
  return id;
}

/** The directory's name below `<mail>`; BackendError('not-found') for what cannot be an id. */
export function directoryOf(id: string): string {
  if (id === INBOX) return '.';
  const isPath = id.split('.').every((name) => name !== '') && !id.includes('/') && !FORBIDDEN.test(id);
  if (!isPath || Buffer.byteLength(id) > ID_LIMIT_BYTES) throw folderNotFound(id);
  return `.${id}`;
}

/** The id of a directory below `<mail>`, undefined if it is no folder. */
export function folderIdOfDirectory(directory: string): string | undefined {
  if (!directory.startsWith('.')) return undefined;
  const id = directory.slice(1);
  return id.split('.').every((name) => name !== '') && id.toUpperCase() !== INBOX && !FORBIDDEN.test(id)
    ? id
    : undefined;
}

export function parentIdOf(id: string): string | undefined {
  const dot = id.lastIndexOf('.');
  return dot < 0 ? undefined : id.slice(0, dot);
}

/** What people call it: the last name of the path. */
export function folderNameOf(id: string): string {
  return id.slice(id.lastIndexOf('.') + 1).replace(/%(2E|2F|25)/gi, (_, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16));
  });
}

/** True if `id` lies in the folder `ancestorId`, at any depth. */
export function isInside(id: string, ancestorId: string): boolean {
  return id.startsWith(`${ancestorId}.`);
}
