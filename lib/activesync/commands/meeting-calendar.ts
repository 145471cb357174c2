/** In which of the user's calendars a meeting is: he may keep his private or his team's ones elsewhere than in the default one. */
import type { SyncFolder } from '../../sync/index.ts';
import type { CommandContext } from './command.ts';

/** Undefined: there is no calendar. The default one where no other has the meeting. Throws BackendError. */
export async function calendarWith(uid: string, { user }: CommandContext): Promise<SyncFolder | undefined> {
  const { resources } = user.mailbox;
  const usual = await user.folderOfKind('calendar');
  if (usual?.backendId === undefined || !resources) return undefined;
  const isElsewhere = ({ itemClass, id }: SyncFolder) => itemClass === 'Calendar' && id !== usual.id;
  const others = (await user.folders()).filter(isElsewhere);
  if (others.length === 0 || (await resources.withUid(usual.backendId, uid))) return usual;
  for (const it of others) if (it.backendId !== undefined && (await resources.withUid(it.backendId, uid))) return it;
  return usual;
}
