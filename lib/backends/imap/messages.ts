/** UID FETCH and UID SEARCH: sending them and reading what comes back. */
import type { MessageState } from '../message.ts';
import { UidRuns } from '../uid-runs.ts';
import type { CommandPart } from './wire/arguments.ts';
import type { ImapSession } from './wire/session.ts';
import { listOf, textOf, type Value } from './wire/values.ts';

/** Servers take lines of at least 8,000 bytes (RFC 7162 section 4). */
const MAX_SET_LENGTH = 7_000;
const STATE_ITEMS = '(UID FLAGS INTERNALDATE RFC822.SIZE)';

/** The fetch items of one message, by upper-case name. */
export type FetchItems = Map<string, Value>;

/**
 * `set` is a sequence set of UIDs; `modifiers` like `(CHANGEDSINCE 5)`. `take` tells whether it is what was asked for: servers
 * answer pipelined commands together, and mix in news of flags.
 */
export async function uidFetch(
  session: ImapSession,
  set: string,
  items: string,
  take: (uid: number, items: FetchItems) => boolean,
  modifiers: { readonly text: string; readonly onVanished?: (uids: UidRuns) => void } = { text: '' },
): Promise<void> {
  await session.command(`UID FETCH ${set} ${items}${modifiers.text}`, {
    onUntagged: (response) => {
      if (response.name === 'FETCH') {
        const found = response.pairs();
        const uid = Number(textOf(found.get('UID')));
        return uid > 0 && take(uid, found);
      }
      if (response.name !== 'VANISHED' || !modifiers.onVanished) return false;
      // Without (EARLIER) it is news, not an answer (RFC 7162 section 3.2.10).
      const [earlier, uids] = response.values();
      if (Array.isArray(earlier)) modifiers.onVanished(parseSet(textOf(uids)));
      return Array.isArray(earlier);
    },
  });
}

/** Flags, time of arrival and size of a set of messages, in however many pipelined commands it takes. */
export async function fetchStates(session: ImapSession, uids: UidRuns): Promise<Map<number, MessageState>> {
  const states = new Map<number, MessageState>();
  await Promise.all(setsOf(uids).map((set) => uidFetch(session, set, STATE_ITEMS, stateTaker(states))));
  return states;
}

/** The states of everything, or of what changed since a modseq. */
export async function fetchAllStates(
  session: ImapSession,
  changedSince?: string,
): Promise<{ states: Map<number, MessageState>; vanished: UidRuns }> {
  const states = new Map<number, MessageState>();
  const gone: UidRuns[] = [];
  const vanished = session.enabled.has('QRESYNC') ? ' VANISHED' : '';
  const text = changedSince === undefined ? '' : ` (CHANGEDSINCE ${changedSince}${vanished})`;
  await uidFetch(session, '1:*', STATE_ITEMS, stateTaker(states), { text, onVanished: (uids) => gone.push(uids) });
  return { states, vanished: gone.reduce((all, runs) => all.union(runs), UidRuns.empty) };
}

function stateTaker(states: Map<number, MessageState>): (uid: number, items: FetchItems) => boolean {
  return (uid, items) => {
    if (!items.has('RFC822.SIZE')) return false;
    states.set(uid, stateOf(uid, items));
    return true;
  };
}

export function stateOf(uid: number, items: FetchItems): MessageState {
  const flags = listOf(items.get('FLAGS')).map((flag) => textOf(flag));
  return {
    uid,
    flags: flags.filter((flag) => flag.toLowerCase() !== '\\recent'),
    receivedAt: parseInternalDate(textOf(items.get('INTERNALDATE'))),
    sizeBytes: Number(textOf(items.get('RFC822.SIZE'))),
  };
}

/** The matching UIDs of the selected folder. `criteria` are search keys, literals included. */
export async function uidSearch(session: ImapSession, criteria: readonly CommandPart[]): Promise<UidRuns> {
  const isExtended = session.has('ESEARCH');
  const found: UidRuns[] = [];
  await session.command([isExtended ? 'UID SEARCH RETURN (ALL) ' : 'UID SEARCH ', ...criteria], {
    onUntagged: (response) => {
      if (response.name === 'SEARCH')
        found.push(
          UidRuns.of(
            response
              .values()
              .map(Number)
              .filter((uid) => uid > 0),
          ),
        );
      else if (response.name === 'ESEARCH') {
        const values = response.values();
        const at = values.findIndex((value) => typeof value === 'string' && value.toUpperCase() === 'ALL');
        if (at >= 0) found.push(parseSet(textOf(values[at + 1])));
        return true;
      }
      return false;
    },
  });
  return found.reduce((all, runs) => all.union(runs), UidRuns.empty);
}

/** `1:5,9` */
export function parseSet(set: string): UidRuns {
  const runs: [number, number][] = [];
  for (const run of set.split(',')) {
    const [a = 0, b = a] = run.split(':').map(Number);
    if (a > 0 && b > 0) runs.push([Math.min(a, b), Math.max(a, b)]);
  }
  return UidRuns.ofRuns(runs);
}

/** As sequence sets, each short enough for a command line. */
export function setsOf(uids: UidRuns): string[] {
  const sets: string[] = [];
  let set = '';
  for (const [first, last] of uids.runs) {
    const run = first === last ? `${first}` : `${first}:${last}`;
    if (set.length + run.length >= MAX_SET_LENGTH) {
      sets.push(set);
      set = '';
    }
    set = set === '' ? run : `${set},${run}`;
  }
  if (set !== '') sets.push(set);
  return sets;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const INTERNAL_DATE = /^ ?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/;

/** `17-Jul-1996 02:44:25 -0700`; 1970 when a server sends something else. */
export function parseInternalDate(text: string): Date {
  const match = INTERNAL_DATE.exec(text);
  if (!match) return new Date(0);
  const [, day, month, year, hours, minutes, seconds, sign, zoneHours, zoneMinutes] = match;
  const offsetMinutes = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -1 : 1);
  const monthIndex = MONTHS.indexOf((month as string).toLowerCase());
  const atMs = Date.UTC(Number(year), monthIndex, Number(day), Number(hours), Number(minutes), Number(seconds));
  return new Date(atMs - offsetMinutes * 60_000);
}
