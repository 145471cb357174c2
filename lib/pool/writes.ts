// The protocol's conditional writes (ownership.md, "Writes"), each with what makes it mine and what keeps it possible.
import { absent, equals, type Item, oneOf } from '../store/index.ts';
import { type Ownership, RELEASED, type SessionStatus } from './pool.ts';
import { expiresAt, isLiveStatus, LIVE, ownerKey, readOwnership, readServer, serverKey } from './records.ts';
import type { Write } from './settle.ts';

const LIVE_STATUS = oneOf('status', LIVE);

/** What a server says of itself with every beat. */
export interface BeatReport {
  readonly index: number;
  readonly constrained: string | undefined;
  readonly users: number;
  readonly devices: number;
}

export interface ServerDescription {
  readonly address: string;
  readonly zone: string;
  readonly build: string;
  /** Of the cloud, where it is a task of one: its ARN. */
  readonly task?: string;
  /** See ServerSession. */
  readonly standalone?: string;
  readonly hasHomes?: boolean;
}

export function startWrite(
  pool: string,
  session: string,
  server: ServerDescription,
  report: BeatReport,
  nowMs: number,
): Write {
  const key = serverKey(pool, session);
  const { constrained, ...figures } = report;
  return {
    key,
    send: (store) =>
      store.put(
        {
          key,
          attributes: {
            ...server,
            ...figures,
            ...(constrained === undefined ? {} : { constrained }),
            beat: 0,
            status: 'up',
            available: true,
            reviewMark: '',
            seen: nowMs,
            started: nowMs,
            expires: expiresAt(nowMs),
          },
        },
        [absent],
      ),
    // The session id is of this start alone: whatever bears it was put by an earlier attempt of it.
    isMine: (current) => current !== undefined && isUntouched(current),
    isOpen: (current) => current === undefined,
  };
}

const isUntouched = (item: Item): boolean => {
  const { beat, status } = readServer(item);
  return beat === 0 && isLiveStatus(status);
};

/** `beat` is the value that the item has; orders, status and availability are other writers' attributes and stay. */
export function beatWrite(pool: string, session: string, beat: number, report: BeatReport, nowMs: number): Write {
  const key = serverKey(pool, session);
  const { constrained, ...figures } = report;
  const set = { ...figures, beat: beat + 1, seen: nowMs, expires: expiresAt(nowMs) };
  const changes = constrained === undefined ? { set, remove: ['constrained'] } : { set: { ...set, constrained } };
  return {
    key,
    send: (store) => store.update(key, changes, [equals('beat', beat), LIVE_STATUS]),
    isMine: (current) => isAliveAt(current, beat + 1),
    isOpen: (current) => isAliveAt(current, beat),
  };
}

function isAliveAt(item: Item | undefined, beat: number): boolean {
  if (item === undefined) return false;
  const server = readServer(item);
  return server.beat === beat && isLiveStatus(server.status);
}

export function drainWrite(pool: string, session: string, nowMs: number): Write {
  const key = serverKey(pool, session);
  return {
    key,
    send: (store) =>
      store.update(key, { set: { status: 'draining', expires: expiresAt(nowMs) } }, [equals('status', 'up')]),
    isMine: (current) => hasStatus(current, 'draining'),
    isOpen: (current) => hasStatus(current, 'up'),
  };
}

export function leaveWrite(pool: string, session: string, nowMs: number): Write {
  const key = serverKey(pool, session);
  const set = { status: 'left', ended: nowMs, users: 0, devices: 0, expires: expiresAt(nowMs) };
  return {
    key,
    send: (store) => store.update(key, { set }, [LIVE_STATUS]),
    isMine: (current) => hasStatus(current, 'left'),
    isOpen: (current) => hasStatus(current, 'up') || hasStatus(current, 'draining'),
  };
}

/** `beat` is what was observed to stand still: a session that has beaten since cannot be fenced by it. */
export function fenceWrite(pool: string, session: string, beat: number, nowMs: number): Write {
  const key = serverKey(pool, session);
  const set = { status: 'fenced', ended: nowMs, expires: expiresAt(nowMs) };
  return {
    key,
    send: (store) => store.update(key, { set }, [equals('beat', beat), LIVE_STATUS]),
    isMine: (current) => hasStatus(current, 'fenced'),
    isOpen: (current) => isAliveAt(current, beat),
  };
}

const hasStatus = (item: Item | undefined, status: SessionStatus): boolean =>
  item !== undefined && readServer(item).status === status;

/**
 * What a claim or a give-up says of the user's home, where there are several pools: under which home epoch the user is
 * claimed, in which term of the pool, or up to which home epoch this pool is done with the user.
 */
export type HomeMark = { readonly home: number; readonly homeTerm: number } | { readonly closed: number };

const unmarkedBy = (mark: HomeMark | undefined): readonly string[] =>
  mark === undefined ? [] : 'closed' in mark ? ['leaving'] : ['leaving', 'closed'];

/** The first claim of a user whom nobody ever had. */
export function firstClaimWrite(user: string, session: string, nowMs: number, mark?: HomeMark): Write {
  const key = ownerKey(user);
  return {
    key,
    send: (store) => store.put({ key, attributes: { session, epoch: 1, since: nowMs, ...mark } }, [absent]),
    isMine: (current) => isOwnedBy(user, current, session, 1),
    isOpen: (current) => current === undefined,
  };
}

/**
 * Claim, give and take-back are one write: the owner as it was read, and who follows. What allows it is the caller's to
 * know: that the session read is dead or released (claim), or the caller's own (give).
 */
export function successionWrite(owner: Ownership, session: string, nowMs: number, mark?: HomeMark): Write {
  const key = ownerKey(owner.user);
  // Whom the user was with before: not nobody, and not the one who only took the user back.
  const previous = [RELEASED, session].includes(owner.session) ? owner.previous : owner.session;
  const set = {
    session,
    epoch: owner.epoch + 1,
    since: nowMs,
    ...(previous === undefined ? {} : { previous }),
    ...mark,
  };
  const remove = unmarkedBy(mark);
  return {
    key,
    send: (store) =>
      store.update(key, { set, remove }, [equals('epoch', owner.epoch), equals('session', owner.session)]),
    isMine: (current) => isOwnedBy(owner.user, current, session, owner.epoch + 1),
    isOpen: (current) => isOwnedBy(owner.user, current, owner.session, owner.epoch),
  };
}

function isOwnedBy(user: string, item: Item | undefined, session: string, epoch: number): boolean {
  if (item === undefined) return false;
  const owner = readOwnership(user, item);
  return owner.session === session && owner.epoch === epoch;
}
