/** States that differ only in the names of servers, users and late messages are one: which one. */
import type { State } from './explore.ts';
import {
  at,
  INCARNATIONS,
  KIND,
  LATE,
  type Layout,
  MESSAGE,
  MESSAGE_BYTES,
  namedBy,
  SERVER_BYTES,
  serverAt,
  serverOf,
  SERVERS,
  USER,
  USER_BYTES,
  userAt,
  WORK,
  WORK_BYTES,
} from './ownership-layout.ts';
import { allOrders } from './orders.ts';

/** Other names for everybody. */
interface Renaming {
  /** By new number, the old one. */
  readonly servers: readonly number[];
  /** By old number, the new one. */
  readonly users: readonly number[];
  readonly sessions: readonly number[];
  /** Where each byte comes from. Late messages stay where they are. */
  readonly sources: readonly number[];
}

/**
 * Tells one of all the states that differ only in names. Servers are put in the order of what can be said of each without a
 * name; among those of which the same is said, and among users, the smallest state of all orders is it. What it tells is its
 * own until it is asked again: it is asked for every step of every state.
 */
export function canonicalizer(layout: Layout): (state: State) => State {
  const orders = allOrders(layout.users).map((users) => ({
    users: users.map((_, place) => users.indexOf(place)),
    renamings: allOrders(SERVERS).map((servers) => renamingOf(layout, servers, users)),
  }));
  let best: State = new Uint8Array(layout.bytes);
  let renamed: State = new Uint8Array(layout.bytes);
  return (state) => {
    let isFirst = true;
    for (const { users, renamings } of orders) {
      const signs = [compare(state, 0, 1, users), compare(state, 1, 2, users), compare(state, 0, 2, users)] as const;
      for (const renaming of renamings) {
        if (!isSorted(renaming.servers, signs)) continue;
        rename(layout, state, renaming, renamed);
        if (!isFirst && !isLess(renamed, best)) continue;
        isFirst = false;
        [best, renamed] = [renamed, best];
      }
    }
    return best;
  };

  /** What is said of one server against what is said of another. `users`: by new number, the old one. */
  function compare(state: State, one: number, other: number, users: readonly number[]): number {
    const [first, second] = [serverAt(one), serverAt(other)];
    for (let byte = 0; byte < SERVER_BYTES; byte++) {
      const difference = at(state, first + byte) - at(state, second + byte);
      if (difference !== 0) return difference;
    }
    for (const user of users) {
      const owner = at(state, userAt(user) + USER.owner);
      const owned = ownedBy(owner, one) - ownedBy(owner, other);
      if (owned !== 0) return owned;
      const [work, otherWork] = [layout.workAt(one, user), layout.workAt(other, user)];
      const [named, otherNamed] = [namedBy(at(state, work + WORK.op)), namedBy(at(state, otherWork + WORK.op))];
      for (let byte = 0; byte < WORK_BYTES; byte++) {
        const said = byte === named ? 0 : at(state, work + byte);
        const difference = said - (byte === otherNamed ? 0 : at(state, otherWork + byte));
        if (difference !== 0) return difference;
      }
    }
    return 0;
  }
}

/** 0, or by which of the server's lives, from 1. */
const ownedBy = (owner: number, server: number): number =>
  owner > 0 && serverOf(owner) === server ? 1 + ((owner - 1) % INCARNATIONS) : 0;

/** `signs`: of servers 0 and 1, 1 and 2, 0 and 2. */
function isSorted([first, second, third]: readonly number[], signs: readonly [number, number, number]): boolean {
  return signOf(first!, second!, signs) <= 0 && signOf(second!, third!, signs) <= 0;
}

function signOf(one: number, other: number, [near, far, across]: readonly [number, number, number]): number {
  const sign = one + other === 1 ? near : one + other === 3 ? far : across;
  return one < other ? sign : -sign;
}

function isLess(one: State, other: State): boolean {
  for (let byte = 0; byte < one.length; byte++) if (one[byte] !== other[byte]) return one[byte]! < other[byte]!;
  return false;
}

function renamingOf({ users: count, workAt, lateAt }: Layout, servers: readonly number[], users: readonly number[]) {
  const sources = Array.from({ length: lateAt(0) }, (_, byte) => byte);
  const move = (from: number, to: number, bytes: number) => {
    for (let byte = 0; byte < bytes; byte++) sources[to + byte] = from + byte;
  };
  for (let server = 0; server < SERVERS; server++) {
    const old = servers[server] as number;
    move(serverAt(old), serverAt(server), SERVER_BYTES);
    for (let user = 0; user < count; user++) move(workAt(old, user), workAt(server, users[user]!), WORK_BYTES);
  }
  for (let user = 0; user < count; user++) move(userAt(user), userAt(users[user]!), USER_BYTES);
  const sessions = Array.from({ length: 1 + SERVERS * INCARNATIONS }, (_, session) =>
    session === 0 ? 0 : 1 + servers.indexOf(serverOf(session)) * INCARNATIONS + ((session - 1) % INCARNATIONS),
  );
  return { servers, users, sessions, sources } satisfies Renaming;
}

function rename({ users: count, workAt, lateAt }: Layout, state: State, renaming: Renaming, to: State): void {
  const { users, sessions, sources } = renaming;
  for (let byte = 0; byte < sources.length; byte++) to[byte] = at(state, sources[byte]!);
  for (let user = 0; user < count; user++) {
    const own = userAt(user) + USER.owner;
    to[own] = sessions[at(to, own)]!;
    for (let server = 0; server < SERVERS; server++) {
      const work = workAt(server, user);
      const named = namedBy(at(to, work + WORK.op));
      if (named !== undefined) to[work + named] = sessions[at(to, work + named)]!;
    }
  }
  for (let slot = 0; slot < LATE; slot++) {
    const base = lateAt(slot);
    for (let byte = 0; byte < MESSAGE_BYTES; byte++) to[base + byte] = at(state, base + byte);
    if (at(to, base + MESSAGE.kind) === KIND.none) continue;
    to[base + MESSAGE.user] = users[at(to, base + MESSAGE.user)]!;
    to[base + MESSAGE.session] = sessions[at(to, base + MESSAGE.session)]!;
    if (at(to, base + MESSAGE.kind) === KIND.succession) to[base + MESSAGE.b] = sessions[at(to, base + MESSAGE.b)]!;
  }
  sortMessages(to, lateAt);
}

/** The greatest first. */
function sortMessages(to: State, lateAt: (slot: number) => number): void {
  for (let last = LATE - 1; last > 0; last--)
    for (let slot = 0; slot < last; slot++) {
      const [one, other] = [lateAt(slot), lateAt(slot + 1)];
      let byte = 0;
      while (byte < MESSAGE_BYTES && to[one + byte] === to[other + byte]) byte++;
      if (byte === MESSAGE_BYTES || to[one + byte]! > to[other + byte]!) continue;
      for (; byte < MESSAGE_BYTES; byte++) [to[one + byte], to[other + byte]] = [to[other + byte]!, to[one + byte]!];
    }
}
