/** What a disk refuses, in the words of the backend's interface. */
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';

/** The `code` of a system error, `''` of anything else. */
export function systemCode(thrown: unknown): string {
  const code = thrown instanceof Error ? (thrown as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

/** True if what was named is not there (any more). */
export function isGone(thrown: unknown): boolean {
  const code = systemCode(thrown);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A BackendError for anything that the disk threw; errors that are ours already pass as they are. */
export function diskError(what: string, thrown: unknown): BackendError {
  if (thrown instanceof BackendError) return thrown;
  const details = { why: reasonOf(thrown), cause: thrown };
  switch (systemCode(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new BackendError('over-quota', what, {
        ...details,
        remedy: 'Free some space on the disk of the mail folders.',
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new BackendError('unavailable', what, {
        ...details,
        remedy: 'Give the user that Caravan runs as the right to write to the mail folders.',
      });
    case 'ENAMETOOLONG':
      return new BackendError('forbidden', what, { ...details, remedy: 'Choose a shorter name.' });
    case 'EMFILE':
    case 'ENFILE':
      return new BackendError('unavailable', what, {
        ...details,
        remedy: 'Raise the limit of open files (ulimit -n).',
      });
    default:
      return new BackendError('unavailable', what, { ...details, remedy: 'Look at the disk of the mail folders.' });
  }
}

export function folderNotFound(folderId: string): BackendError {
  return new BackendError('not-found', `there is no folder ${JSON.stringify(folderId.slice(0, 200))}`, {
    remedy: 'List the folders again.',
  });
}
