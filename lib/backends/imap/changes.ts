/** What changed in a folder since a position: by CONDSTORE and QRESYNC where the server has them, else by comparison. */
import type { FolderChanges, FolderPosition } from '../backend.ts';
import type { MessageState } from '../message.ts';
import { UidRuns } from '../uid-runs.ts';
import { fetchAllStates, fetchStates, uidSearch } from './messages.ts';
import { type Selected, select } from './select.ts';
import { imapDate } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';

const DAY_MS = 86_400_000;

export async function changesSince(
  session: ImapSession,
  folderId: string,
  since: FolderPosition | undefined,
  arrivedAfter: Date | undefined,
): Promise<FolderChanges> {
  if (!since) {
    // One flight: the second command does not depend on what the first tells.
    const [selected, all] = await both(select(session, folderId), everything(session, arrivedAfter));
    return complete(selected, all, arrivedAfter);
  }
  if (!session.enabled.has('CONDSTORE') || since.modseq === undefined) {
    const selected = await select(session, folderId);
    if (selected.validity !== since.validity)
      return complete(selected, await everything(session, arrivedAfter), arrivedAfter);
    return compared(session, selected, since, arrivedAfter);
  }
  const [selected, changed, inRange] = await both(
    select(session, folderId),
    fetchAllStates(session, since.modseq),
    arrivedAfter ? uidSearch(session, [sinceCriterion(arrivedAfter)]) : undefined,
  );
  // A folder may lack mod-sequences (NOMODSEQ), and a restored one may have gone back.
  const isUsable = selected.modseq !== undefined && BigInt(selected.modseq) >= BigInt(since.modseq);
  if (selected.validity !== since.validity || !isUsable) {
    return complete(selected, await everything(session, arrivedAfter), arrivedAfter);
  }
  const { states } = changed;
  const hasQresync = session.enabled.has('QRESYNC');
  const existing = hasQresync ? undefined : await uidSearch(session, ['ALL']);
  const vanished = existing ? since.known.minus(existing) : changed.vanished.intersection(since.known);
  const seen = since.known.minus(vanished).union(UidRuns.of(states.keys()));
  // What the view does not hold and did not change: a window that is not finished, or a filter that was widened.
  let candidates = UidRuns.empty;
  if (inRange) candidates = inRange;
  else if (seen.size !== selected.exists) candidates = existing ?? (await uidSearch(session, ['ALL']));
  const missing = candidates.minus(seen);
  if (missing.size > 0) for (const [uid, state] of await fetchStates(session, missing)) states.set(uid, state);
  return {
    validity: selected.validity,
    modseq: selected.modseq,
    complete: false,
    messages: [...states.values()].filter((state) => isWanted(state, since, arrivedAfter)),
    vanished,
  };
}

/** Without mod-sequences: all flags of the view and of what is in range, and the caller compares. */
async function compared(
  session: ImapSession,
  selected: Selected,
  since: FolderPosition,
  arrivedAfter: Date | undefined,
): Promise<FolderChanges> {
  let states: Map<number, MessageState>;
  if (arrivedAfter) {
    const inRange = await uidSearch(session, [sinceCriterion(arrivedAfter)]);
    states = await fetchStates(session, since.known.union(inRange));
  } else ({ states } = await fetchAllStates(session));
  return {
    validity: selected.validity,
    modseq: selected.modseq,
    complete: false,
    messages: [...states.values()].filter((state) => isWanted(state, since, arrivedAfter)),
    vanished: since.known.minus(UidRuns.of(states.keys())),
  };
}

async function everything(session: ImapSession, arrivedAfter: Date | undefined): Promise<Map<number, MessageState>> {
  if (!arrivedAfter) return (await fetchAllStates(session)).states;
  return fetchStates(session, await uidSearch(session, [sinceCriterion(arrivedAfter)]));
}

function complete(
  selected: Selected,
  states: ReadonlyMap<number, MessageState>,
  arrivedAfter: Date | undefined,
): FolderChanges {
  return {
    validity: selected.validity,
    modseq: selected.modseq,
    complete: true,
    messages: [...states.values()].filter((state) => !arrivedAfter || state.receivedAt >= arrivedAfter),
    vanished: UidRuns.empty,
  };
}

function isWanted(state: MessageState, since: FolderPosition, arrivedAfter: Date | undefined): boolean {
  return !arrivedAfter || state.receivedAt >= arrivedAfter || since.known.has(state.uid);
}

/** SINCE knows days alone, in the server's zone: one day more, and the exact time is compared here. */
function sinceCriterion(arrivedAfter: Date): string {
  return `SINCE ${imapDate(new Date(arrivedAfter.getTime() - DAY_MS))}`;
}

/**
 * Waits for all of one flight. If SELECT fails, the commands behind it fail as well (no folder is selected then), and SELECT's
 * error is the one that says why.
 */
export async function both<T extends readonly unknown[]>(
  ...promises: T
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason as Error;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}
