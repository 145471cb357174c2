/** SEARCH in several folders, the newest first. */
import type { Hit, SearchQuery } from '../backend.ts';
import { parseInternalDate, setsOf, uidFetch, uidSearch } from './messages.ts';
import { select } from './select.ts';
import { type CommandPart, imapDate, imapString } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';
import { textOf } from './wire/values.ts';

const DAY_MS = 86_400_000;

export async function search(
  session: ImapSession,
  folderIds: readonly string[],
  query: SearchQuery,
  limit: number,
): Promise<readonly Hit[]> {
  const hits: Hit[] = [];
  for (const folderId of folderIds) {
    await select(session, folderId);
    const uids = await uidSearch(session, criteriaOf(query));
    await Promise.all(
      setsOf(uids).map((set) =>
        uidFetch(session, set, '(UID INTERNALDATE)', (uid, items) => {
          if (!items.has('INTERNALDATE')) return false;
          const receivedAt = parseInternalDate(textOf(items.get('INTERNALDATE')));
          const isInRange = !(query.after && receivedAt < query.after) && !(query.before && receivedAt >= query.before);
          if (isInRange) hits.push({ folderId, uid, receivedAt });
          return true;
        }),
      ),
    );
  }
  hits.sort((a, b) => b.receivedAt.getTime() - a.receivedAt.getTime() || b.uid - a.uid);
  return hits.slice(0, limit);
}

function criteriaOf(query: SearchQuery): CommandPart[] {
  const keys: CommandPart[][] = [];
  const words = (query.text ?? '').split(/[\s\0]+/).filter((word) => word !== '');
  for (const word of words) keys.push(['TEXT ', imapString(word)]);
  for (const [name, value] of [
    ['SUBJECT', query.subject],
    ['FROM', query.from],
    ['TO', query.to],
  ] as const) {
    if (value !== undefined && value !== '') keys.push([`${name} `, imapString(value.replace(/[\s\0]+/g, ' '))]);
  }
  // IMAP's dates are days of the server's zone: a day more on both sides, and exact times are compared afterwards.
  if (query.after) keys.push([`SINCE ${imapDate(new Date(query.after.getTime() - DAY_MS))}`]);
  if (query.before) keys.push([`BEFORE ${imapDate(new Date(query.before.getTime() + 2 * DAY_MS))}`]);
  if (query.unread !== undefined) keys.push([query.unread ? 'UNSEEN' : 'SEEN']);
  if (query.flagged !== undefined) keys.push([query.flagged ? 'FLAGGED' : 'UNFLAGGED']);
  if (keys.length === 0) return ['ALL'];
  const parts = keys.flatMap((key, i) => (i === 0 ? key : [' ', ...key]));
  return keys.some((key) => key.some((part) => Buffer.isBuffer(part))) ? ['CHARSET UTF-8 ', ...parts] : parts;
}
