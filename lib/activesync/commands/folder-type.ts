/** What a folder is for, as the numbers of MS-ASCMD 2.2.3.186.3. */
import type { ItemClass } from '../../backends/index.ts';
import type { SyncFolder } from '../../sync/index.ts';

const DEFAULT_TYPES: Readonly<Partial<Record<SyncFolder['kind'], number>>> = {
  inbox: 2,
  drafts: 3,
  trash: 4,
  sent: 5,
  outbox: 6,
  tasks: 7,
  calendar: 8,
  contacts: 9,
  notes: 10,
};

const USER_TYPES: Readonly<Record<ItemClass, number>> = { Email: 12, Calendar: 13, Contacts: 14, Tasks: 15, Notes: 17 };

/** Junk and archive have no number of their own: they are user-created mail folders. */
export const folderType = (folder: Pick<SyncFolder, 'kind' | 'itemClass'>): number =>
  DEFAULT_TYPES[folder.kind] ?? USER_TYPES[folder.itemClass];

/** What a device may create (2.2.3.186.2); undefined for default folders, the journal, and numbers unknown. */
export function classOfCreatedType(type: number): ItemClass | undefined {
  if (type === 1) return 'Email';
  return (Object.keys(USER_TYPES) as ItemClass[]).find((it) => USER_TYPES[it] === type);
}
