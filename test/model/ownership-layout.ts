/** How a state of the ownership model lies in its bytes, and the names of what is in them. */
import type { State } from './explore.ts';

export const SERVERS = 3;
export const INCARNATIONS = 2;
export const LATE = 2;

// The bytes of a state: what is left of the bounds, servers, users, each server's work for each user, late messages.
export const LEFT = { crashes: 0, suspensions: 1, unknowns: 2, gives: 3, lostAnswers: 4, error: 5 } as const;
export const LEFT_BYTES = 6;
export const SERVER = { alive: 0, incarnation: 1, suspended: 2, items: 3 } as const;
export const SERVER_BYTES = 3 + INCARNATIONS;
export const USER = {
  owner: 0,
  epoch: 1,
  stateEpoch: 2,
  version: 3,
  done: 4,
  told: 5,
  applied: 6,
  effects: 8,
} as const;
export const USER_BYTES = 10;
/** `version` is one more than it is, 0 where it is not known. */
export const WORK = { lease: 0, version: 1, done: 2, unsettled: 3, op: 4, a: 5, b: 6, c: 7 } as const;
export const WORK_BYTES = 8;
export const MESSAGE = { kind: 0, user: 1, session: 2, a: 3, b: 4, c: 5, done: 6 } as const;
export const MESSAGE_BYTES = 7;
export const [UP, DEAD] = [1, 2] as const;
export const OP = {
  idle: 0,
  /** a: owner that was read, b: its epoch. */
  located: 1,
  /** a: dead owner, b: its epoch. */
  claiming: 2,
  /** b: epoch, c: target. */
  giving: 3,
  giveUnknown: 4,
  /** a: command, b: 1 where it was answered without an answer of the store. */
  writing: 5,
  writeUnknown: 6,
  effect: 7,
  answering: 8,
  retaking: 9,
  /** a: command. */
  reading: 10,
} as const;
export const KIND = { none: 0, succession: 1, write: 2 } as const;
export const ERROR = { none: 0, takenFromLive: 1, oldEpochWrote: 2, twice: 3, sentTwice: 4 } as const;
export const ERRORS = [
  '',
  'a user was taken from a live session',
  'an older epoch wrote over a newer one',
  'a command was applied twice',
  'a message was sent twice',
] as const;

export const serverAt = (server: number): number => LEFT_BYTES + server * SERVER_BYTES;
export const userAt = (user: number): number => LEFT_BYTES + SERVERS * SERVER_BYTES + user * USER_BYTES;

/** Where the parts lie whose place depends on the number of users. */
export interface Layout {
  readonly users: number;
  readonly bytes: number;
  readonly workAt: (server: number, user: number) => number;
  readonly lateAt: (slot: number) => number;
}

export function layoutFor(users: number): Layout {
  const workAt = (server: number, user: number) => userAt(users) + (server * users + user) * WORK_BYTES;
  const lateAt = (slot: number) => workAt(SERVERS, 0) + slot * MESSAGE_BYTES;
  return { users, bytes: lateAt(LATE), workAt, lateAt };
}

// Sessions are numbered from 1: server × incarnations + incarnation.
export const sessionOf = (state: State, server: number): number =>
  1 + server * INCARNATIONS + at(state, serverAt(server) + SERVER.incarnation);
export const serverOf = (session: number): number => Math.floor((session - 1) / INCARNATIONS);
export const itemOf = (session: number): number =>
  serverAt(serverOf(session)) + SERVER.items + ((session - 1) % INCARNATIONS);
export const isDead = (state: State, session: number): boolean => session === 0 || at(state, itemOf(session)) !== UP;
export const nameOf = (session: number): string =>
  session === 0 ? 'nobody' : `S${serverOf(session) + 1}${(session - 1) % INCARNATIONS === 0 ? '' : "'"}`;

/** Which byte of a server's work names a session. */
export const namedBy = (op: number): number | undefined => {
  if (op === OP.located || op === OP.claiming) return WORK.a;
  return op === OP.giving || op === OP.giveUnknown ? WORK.c : undefined;
};

export const at = (state: State, position: number): number => state[position] as number;

export function setOp(to: State, work: number, op: number, a = 0, b = 0, c = 0): void {
  to[work + WORK.op] = op;
  to[work + WORK.a] = a;
  to[work + WORK.b] = b;
  to[work + WORK.c] = c;
}

export function succession(user: number, from: number, epoch: number, target: number, kind: 'claim' | 'give'): State {
  return Uint8Array.of(KIND.succession, user, from, epoch, target, kind === 'claim' ? 0 : 1, 0);
}

/** The whole state goes with it: what the writer had read, and its command. */
export const stateWrite = (user: number, version: number, epoch: number, command: number, done: number): State =>
  Uint8Array.of(KIND.write, user, 0, version, epoch, command, done | bitOf(command));

export const bitOf = (command: number): number => 1 << (command - 1);
export const has = (commands: number, command: number): boolean => (commands & bitOf(command)) !== 0;
