/** Flags, moves, removals, and messages put into folders. */
import type { MessageFlags } from '../message.ts';
import { UidRuns } from '../uid-runs.ts';
import { parseSet, setsOf, uidFetch, uidSearch } from './messages.ts';
import { type Selected, select } from './select.ts';
import { imapDateTime, imapString, mailboxName, spellableFlags } from './wire/arguments.ts';
import type { ImapSession, ResponseCode, Untagged } from './wire/session.ts';
import { listOf, textOf } from './wire/values.ts';

const SYSTEM_FLAG = /^\\/;

export async function updateFlags(
  session: ImapSession,
  folderId: string,
  uids: readonly number[],
  change: { readonly add?: MessageFlags; readonly remove?: MessageFlags },
  validity?: string,
): Promise<readonly number[]> {
  const selected = await select(session, folderId);
  if (!isMeant(selected, validity)) return [];
  const keepable = (flags: MessageFlags = []) =>
    spellableFlags(flags).filter((flag) => selected.canKeepKeywords || SYSTEM_FLAG.test(flag));
  const [add, remove] = [keepable(change.add), keepable(change.remove)];
  const found = new Map<number, ReadonlySet<string>>();
  const run = (some: readonly number[]) =>
    Promise.all(
      setsOf(UidRuns.of(some)).flatMap((set) => [
        ...(add.length > 0 ? [store(session, set, '+', add)] : []),
        ...(remove.length > 0 ? [store(session, set, '-', remove)] : []),
        uidFetch(session, set, '(UID FLAGS)', (uid, items) => {
          const flags = items.get('FLAGS');
          if (flags !== undefined) found.set(uid, new Set(listOf(flags).map((flag) => textOf(flag).toLowerCase())));
          return flags !== undefined;
        }),
      ]),
    );
  await run(uids);
  // STORE is content with messages that it does not see yet (RFC 3501 section 6.4.8): those get theirs by another.
  const isLacking = (flags: ReadonlySet<string> | undefined) =>
    flags !== undefined &&
    !(add.every((it) => flags.has(it.toLowerCase())) && remove.every((it) => !flags.has(it.toLowerCase())));
  const missed = uids.filter((uid) => isLacking(found.get(uid)));
  if (missed.length > 0) await run(missed);
  return uids.filter((uid) => found.has(uid));
}

const isMeant = (selected: Selected, validity: string | undefined): boolean =>
  validity === undefined || validity === selected.validity;

async function store(session: ImapSession, set: string, sign: '+' | '-', flags: readonly string[]): Promise<void> {
  await session.change(storing(set, sign, flags));
}

const storing = (set: string, sign: '+' | '-', flags: readonly string[]): string =>
  `UID STORE ${set} ${sign}FLAGS.SILENT (${flags.join(' ')})`;

/** The effect comes after `select`, in commands of their own: it must not happen in another folder than the one meant. */
export async function move(
  session: ImapSession,
  folderId: string,
  uids: readonly number[],
  targetId: string,
  validity?: string,
): Promise<ReadonlyMap<number, number>> {
  if (!isMeant(await select(session, folderId), validity)) return new Map();
  const hasUidplus = session.has('UIDPLUS');
  // Who will be where must be known from the Message-IDs if the server does not tell (COPYUID, RFC 4315).
  const before = hasUidplus ? undefined : await landmarks(session, uids, targetId);
  const moved = new Map<number, number>();
  const copied = new Set<number>();
  for (const set of setsOf(UidRuns.of(uids))) {
    const take = (code: ResponseCode | undefined) => {
      if (code?.name !== 'COPYUID') return;
      const [from, to] = [[...parseUidList(textOf(code.values[1]))], [...parseUidList(textOf(code.values[2]))]];
      for (const [i, uid] of from.entries()) if (to[i] !== undefined) moved.set(uid, to[i]);
    };
    const onUntagged = (response: Untagged) => {
      take(response.code);
      return response.code?.name === 'COPYUID';
    };
    const verb = session.has('MOVE') ? 'UID MOVE' : 'UID COPY';
    take(await session.change([`${verb} ${set} `, mailboxName(targetId)], { onUntagged }));
    if (verb === 'UID COPY') for (const uid of parseSet(set)) copied.add(uid);
  }
  if (copied.size > 0) await expunge(session, [...copied]);
  return before ? foundAgain(session, before, targetId) : moved;
}

/** In the order given, which is how COPYUID pairs them. */
function* parseUidList(set: string): Generator<number> {
  for (const run of set.split(',')) {
    const [first = 0, last = first] = run.split(':').map(Number);
    if (first <= last) for (let uid = first; uid <= last; uid++) yield uid;
    else for (let uid = first; uid >= last; uid--) yield uid;
  }
}

interface Landmarks {
  readonly messageIds: ReadonlyMap<number, string>;
  readonly uidNext: number;
}

async function landmarks(session: ImapSession, uids: readonly number[], targetId: string): Promise<Landmarks> {
  const messageIds = await messageIdsOf(session, setsOf(UidRuns.of(uids)));
  return { messageIds, uidNext: await uidNextOf(session, targetId) };
}

async function uidNextOf(session: ImapSession, folderId: string): Promise<number> {
  let uidNext = 1;
  await session.command(['STATUS ', mailboxName(folderId), ' (UIDNEXT)'], {
    onUntagged: (response) => {
      if (response.name !== 'STATUS') return false;
      uidNext = Number(textOf(listOf(response.values()[1])[1]));
      return true;
    },
  });
  return uidNext;
}

async function foundAgain(
  session: ImapSession,
  before: Landmarks,
  targetId: string,
): Promise<ReadonlyMap<number, number>> {
  await select(session, targetId);
  const arrived = new Map<string, number[]>();
  for (const [uid, messageId] of await messageIdsOf(session, [`${before.uidNext}:*`])) {
    if (uid >= before.uidNext) arrived.set(messageId, [...(arrived.get(messageId) ?? []), uid]);
  }
  const moved = new Map<number, number>();
  for (const [uid, messageId] of [...before.messageIds].sort((a, b) => a[0] - b[0])) {
    const target = arrived
      .get(messageId)
      ?.sort((a, b) => a - b)
      .shift();
    if (target !== undefined && messageId !== '') moved.set(uid, target);
  }
  return moved;
}

/** UID → Message-ID of the selected folder's messages; '' where there is none. */
async function messageIdsOf(session: ImapSession, sets: readonly string[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  await Promise.all(
    sets.map((set) =>
      uidFetch(session, set, '(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])', (uid, items) => {
        const [, value] = [...items].find(([name]) => name.startsWith('BODY[')) ?? [];
        if (value === undefined) return false;
        found.set(uid, messageIdIn(textOf(value)));
        return true;
      }),
    ),
  );
  return found;
}

function messageIdIn(header: string): string {
  const colon = header.indexOf(':');
  return colon < 0 ? '' : header.slice(colon + 1).replace(/\s+/g, '');
}

export async function remove(
  session: ImapSession,
  folderId: string,
  uids: readonly number[],
  validity?: string,
): Promise<void> {
  const selected = await select(session, folderId);
  if (uids.length > 0 && isMeant(selected, validity)) await expunge(session, uids);
}

async function expunge(session: ImapSession, uids: readonly number[]): Promise<void> {
  const sets = setsOf(UidRuns.of(uids));
  const mark = () => Promise.all(sets.map((set) => store(session, set, '+', ['\\Deleted'])));
  if (session.has('UIDPLUS')) {
    await mark();
    for (const set of sets) await session.change(`UID EXPUNGE ${set}`);
    return;
  }
  // EXPUNGE takes whatever bears \Deleted: what others marked is unmarked meanwhile.
  const others = setsOf((await uidSearch(session, ['DELETED'])).minus(UidRuns.of(uids)));
  await Promise.all(others.map((set) => store(session, set, '-', ['\\Deleted'])));
  try {
    await mark();
    await session.change('EXPUNGE');
  } finally {
    // Whoever serves the user now: what was unmarked here is marked again.
    if (session.isOpen) await Promise.all(others.map((set) => session.command(storing(set, '+', ['\\Deleted']))));
  }
}

export async function append(
  session: ImapSession,
  folderId: string,
  message: Uint8Array,
  options: { readonly flags: MessageFlags; readonly receivedAt?: Date },
): Promise<{ readonly uid: number; readonly validity: string }> {
  const hasUidplus = session.has('UIDPLUS');
  const uidNext = hasUidplus ? 0 : await uidNextOf(session, folderId);
  const date = options.receivedAt ? `${imapDateTime(options.receivedAt)} ` : '';
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  const flags = `(${spellableFlags(options.flags).join(' ')}) `;
  const code = await session.change(['APPEND ', mailboxName(folderId), ` ${flags}${date}`, bytes]);
  if (code?.name === 'APPENDUID') return { uid: Number(textOf(code.values[1])), validity: textOf(code.values[0]) };
  return appended(session, folderId, bytes, uidNext);
}

/** The newest message with the Message-ID of the one appended, or the newest at all if it has none. */
async function appended(
  session: ImapSession,
  folderId: string,
  message: Buffer,
  uidNext: number,
): Promise<{ readonly uid: number; readonly validity: string }> {
  const { validity }: Selected = await select(session, folderId);
  const headerEnd = message.indexOf('\r\n\r\n');
  const header = message.toString('latin1', 0, headerEnd < 0 ? message.length : headerEnd);
  const field = /^message-id:(?:[^\r\n]|\r?\n[ \t])*/im.exec(header)?.[0] ?? '';
  const wanted = messageIdIn(field);
  let uid = 0;
  for (const [each, messageId] of await messageIdsOf(session, [`${Math.max(1, uidNext)}:*`])) {
    if (each > uid && (wanted === '' || messageId === wanted)) uid = each;
  }
  return { uid, validity };
}

export async function findMessageId(
  session: ImapSession,
  folderId: string,
  messageId: string,
): Promise<readonly number[]> {
  await select(session, folderId);
  const hits = await uidSearch(session, ['HEADER MESSAGE-ID ', imapString(messageId)]);
  if (hits.size === 0) return [];
  // SEARCH finds substrings.
  const found = await messageIdsOf(session, setsOf(hits));
  const wanted = messageId.replace(/\s+/g, '');
  return [...found]
    .filter(([, id]) => id === wanted)
    .map(([uid]) => uid)
    .sort((a, b) => a - b);
}
