/** SELECT, and what it tells. Every piece of work begins with one: it costs no round trip of its own and shows the folder as it is. */
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

export async function select(session: ImapSession, folderId: string): Promise<Selected> {
  let exists = 0;
  let validity = '';
  let uidNext = 0;
  let modseq: string | undefined;
  let canKeepKeywords = false;
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
  return { exists, validity, uidNext, modseq: session.enabled.has('CONDSTORE') ? modseq : undefined, canKeepKeywords };
}
