/**
 * SELECT, and what it tells. A piece of work begins with one: it costs no round trip of its own and shows the folder as it is. To fetch
 * what was just listed needs none: for the server it is a seventh of the work of sending a window of messages.
 */
import { mailboxName } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';
import { listOf, textOf } from './wire/values.ts';

export interface Selected {
  readonly exists: number;
  readonly validity: string;
  readonly uidNext: number;
  /** Undefined where the folder has none (NOMODSEQ, or no CONDSTORE). */
  readonly modseq: string | undefined;
  readonly canKeepKeywords: boolean;
}

/** Not longer than a slow link takes between SELECT and FETCH anyway. */
const FRESH_MS = 250;

/** This connection selected the folder just now, and last of the user's: it sees all that any of them has seen. */
export function isFreshlySelected({ selected, selections, nowMs }: ImapSession, folderId: string): boolean {
  return (
    selected?.folderId === folderId && selections?.get(folderId) === selected.serial && nowMs - selected.atMs < FRESH_MS
  );
}

export async function select(session: ImapSession, folderId: string): Promise<Selected> {
  let exists = 0;
  let validity = '';
  let uidNext = 0;
  let modseq: string | undefined;
  let canKeepKeywords = false;
  const { selections, nowMs: atMs } = session;
  const serial = (selections?.get(folderId) ?? 0) + 1;
  selections?.set(folderId, serial);
  // While it is on its way, and where it fails, nobody can tell what is selected.
  session.selected = undefined;
  await session.command(['SELECT ', mailboxName(folderId)], {
    onUntagged: ({ name, number, code }) => {
      if (name === 'EXISTS') exists = number;
      else if (code === undefined) return name === 'FLAGS' || name === 'RECENT';
      const [value] = code?.values ?? [];
      if (code?.name === 'UIDVALIDITY') validity = textOf(value);
      else if (code?.name === 'UIDNEXT') uidNext = Number(textOf(value));
      else if (code?.name === 'HIGHESTMODSEQ') modseq = textOf(value);
      else if (code?.name === 'PERMANENTFLAGS') canKeepKeywords = listOf(value).includes('\\*');
      return true;
    },
  });
  session.selected = { folderId, atMs, serial };
  return { exists, validity, uidNext, modseq: session.enabled.has('CONDSTORE') ? modseq : undefined, canKeepKeywords };
}
