/**
 * Three servers, one or two users, one store: claims, adoptions, gives, state writes and effects outside the store, with
 * crashes, pauses and writes without an answer (ownership.md, "Writes"). Of time it knows only what `session-model.ts` has
 * shown: a session is fenced when it is past its deadline or its process is dead, never before. A pause is other steps
 * between two steps of a server.
 *
 * A user has up to two devices with a command each, and one item of state. A command is a state write (for a send: its intent), then an effect
 * outside the store (the send), then the answer; a command without an answer comes again, at any server.
 */
import type { Model, State, Step } from './explore.ts';
import {
  at,
  bitOf,
  DEAD,
  ERROR,
  ERRORS,
  has,
  INCARNATIONS,
  isDead,
  itemOf,
  KIND,
  LATE,
  layoutFor,
  LEFT,
  MESSAGE_BYTES,
  nameOf,
  OP,
  SERVER,
  serverAt,
  SERVERS,
  sessionOf,
  setOp,
  stateWrite,
  succession,
  UP,
  USER,
  userAt,
  WORK,
  WORK_BYTES,
} from './ownership-layout.ts';
import type { OwnershipBounds, OwnershipMutation } from './ownership-rules.ts';
import { deliver, forgetVoidMessages, messageOf } from './ownership-store.ts';
import { canonicalizer } from './ownership-symmetry.ts';

const SERVER_NUMBERS = [...Array(SERVERS).keys()];
const SLOTS = [...Array(LATE).keys()];

export interface OwnershipModel extends Model {
  /** Each user's epoch in the store. */
  epochs(state: State): readonly number[];
}

export function ownershipModel(bounds: OwnershipBounds, mutation: OwnershipMutation = {}): OwnershipModel {
  const { users } = bounds;
  const all = (1 << bounds.commands) - 1;
  const layout = layoutFor(users);
  const { workAt, lateAt, bytes } = layout;

  const initial = new Uint8Array(bytes);
  const left = ['crashes', 'suspensions', 'unknowns', 'gives', 'lostAnswers'] as const;
  for (const kind of left) initial[LEFT[kind]] = bounds[kind];
  for (let server = 0; server < SERVERS; server++) {
    initial[serverAt(server) + SERVER.alive] = 1;
    initial[serverAt(server) + SERVER.items] = UP;
  }

  /** Whether a server, as far as it knows, may act. */
  const mayAct = (state: State, server: number): boolean =>
    at(state, serverAt(server)) === 1 &&
    (at(state, serverAt(server) + SERVER.suspended) === 0 || mutation.isServingSuspended === true);

  // Of the steps that were told last: to make as many states for every state would take longer than all else.
  const told: State[] = [];
  const next = (state: State): readonly Step[] => {
    const steps: Step[] = [];
    const step: Add = (label, change, isFault = false) => {
      const to = (told[steps.length] ??= new Uint8Array(bytes));
      to.set(state);
      change(to);
      forgetVoidMessages(mutation, layout, to);
      steps.push({ label, state: to, isFault });
    };
    for (let server = 0; server < SERVERS; server++) {
      serverSteps(state, server, step);
      for (let user = 0; user < users; user++) workSteps(state, server, user, step);
    }
    for (let slot = 0; slot < LATE; slot++) {
      if (at(state, lateAt(slot)) === KIND.none) continue;
      step(
        () => `a late message reaches the store (${messageOf(layout, state, slot)})`,
        (to) => {
          const message = to.slice(lateAt(slot), lateAt(slot) + MESSAGE_BYTES);
          to.fill(0, lateAt(slot), lateAt(slot) + MESSAGE_BYTES);
          deliver(mutation, to, message);
        },
      );
    }
    return steps;
  };

  type Add = (label: () => string, change: (to: State) => void, isFault?: boolean) => void;

  function serverSteps(state: State, server: number, step: Add): void {
    const base = serverAt(server);
    const session = sessionOf(state, server);
    const name = nameOf(session);
    const isAlive = at(state, base) === 1;
    const isUp = at(state, itemOf(session)) === UP;
    const isSuspended = at(state, base + SERVER.suspended) === 1;
    if (isAlive && state[LEFT.crashes]! > 0)
      step(
        () => `${name} crashes`,
        (to) => {
          to[LEFT.crashes]! -= 1;
          to[base + SERVER.alive] = 0;
          to[base + SERVER.suspended] = 0;
          forgetAll(to, server);
        },
        true,
      );
    if (isAlive && isUp && !isSuspended && state[LEFT.suspensions]! > 0)
      step(
        () => `${name} passes its deadline`,
        (to) => {
          to[LEFT.suspensions]! -= 1;
          to[base + SERVER.suspended] = 1;
        },
        true,
      );
    if (isAlive && isUp && isSuspended)
      step(
        () => `${name} has a beat applied and goes on`,
        (to) => {
          to[base + SERVER.suspended] = 0;
        },
      );
    if (isUp && (!isAlive || isSuspended || mutation.isFencedWhileActing))
      step(
        () => `${name} is fenced`,
        (to) => {
          to[itemOf(session)] = DEAD;
        },
        mutation.isFencedWhileActing === true && isAlive,
      );
    for (let incarnation = 0; incarnation < at(state, base + SERVER.incarnation); incarnation++) {
      const former = 1 + server * INCARNATIONS + incarnation;
      if (at(state, itemOf(former)) === UP)
        step(
          () => `${nameOf(former)} is fenced`,
          (to) => {
            to[itemOf(former)] = DEAD;
          },
        );
    }
    if (isAlive && !isUp)
      step(
        () => `${name} reads that it is fenced and comes back`,
        (to) => comeBack(to, server),
      );
    if (!isAlive && (isUp || at(state, base + SERVER.incarnation) + 1 < INCARNATIONS) && canComeBack(state, server))
      step(
        () => `the server of ${name} starts again`,
        (to) => {
          to[base + SERVER.alive] = 1;
          comeBack(to, server);
        },
      );
  }

  const canComeBack = (state: State, server: number): boolean =>
    mutation.isSessionReused === true || at(state, serverAt(server) + SERVER.incarnation) + 1 < INCARNATIONS;

  function comeBack(to: State, server: number): void {
    const base = serverAt(server);
    to[base + SERVER.suspended] = 0;
    if (!mutation.isKeptAfterFence) forgetAll(to, server);
    if (mutation.isSessionReused) {
      to[itemOf(sessionOf(to, server))] = UP;
      return;
    }
    if (!canComeBack(to, server)) {
      to[base + SERVER.alive] = 0;
      return;
    }
    to[base + SERVER.incarnation]! += 1;
    to[itemOf(sessionOf(to, server))] = UP;
  }

  function workSteps(state: State, server: number, user: number, step: Add): void {
    if (at(state, serverAt(server)) === 0) return;
    const session = sessionOf(state, server);
    const name = nameOf(session);
    const who = users === 1 ? 'the user' : `user ${user + 1}`;
    const work = workAt(server, user);
    const own = userAt(user);
    const op = at(state, work + WORK.op);
    const lease = at(state, work + WORK.lease);
    const isServed = at(state, own + USER.told) === all;
    const acts = mayAct(state, server);
    const [a, b, c] = [at(state, work + WORK.a), at(state, work + WORK.b), at(state, work + WORK.c)];

    const owner = at(state, own + USER.owner);
    // Reading that another live session owns the user changes nothing, now or later.
    const isReading = owner === session || isDead(state, owner) || mutation.isClaimedWithoutDeath === true;
    const isDone = bounds.commands > 0 && isServed;
    if (op === OP.idle && lease === 0 && acts && isReading && !isDone) {
      step(
        () => `${name} reads the owner of ${who}`,
        (to) => readOwner(to, server, user, session),
      );
      if (mutation.isAdoptedFromStaleRead && at(state, work + WORK.unsettled) > 0)
        step(
          () => `${name} trusts an old reading that it owns ${who}`,
          (to) => {
            to[work + WORK.lease] = at(to, work + WORK.unsettled);
          },
        );
    }
    if (op === OP.located) {
      if (isDead(state, a) || mutation.isClaimedWithoutDeath)
        step(
          () => `${name} finds ${nameOf(a)} dead`,
          (to) => setOp(to, work, OP.claiming, a, b),
        );
      else
        step(
          () => `${name} finds ${nameOf(a)} alive`,
          (to) => setOp(to, work, OP.idle),
        );
    }
    if (op === OP.claiming && !acts)
      step(
        () => `${name} leaves the claim`,
        (to) => setOp(to, work, OP.idle),
      );
    if (op === OP.claiming && acts) {
      for (let other = 0; other < SERVERS; other++) {
        const target = sessionOf(state, other);
        if (at(state, itemOf(target)) !== UP) continue;
        send(
          state,
          step,
          () => `${name} claims ${who} for ${nameOf(target)}`,
          succession(user, a, b, target, 'claim'),
          {
            applied: (to) => {
              if (target === session) take(to, work, b + 1);
              setOp(to, work, OP.idle);
            },
            refused: (to) => setOp(to, work, OP.idle),
            // Whoever reads the owner next finds out.
            unknown: (to) => setOp(to, work, OP.idle),
          },
        );
      }
    }
    if (op === OP.idle && lease > 0 && acts && state[LEFT.gives]! > 0) {
      for (let other = 0; other < SERVERS; other++) {
        const target = sessionOf(state, other);
        if (other === server || at(state, itemOf(target)) !== UP) continue;
        step(
          () => `${name} gives ${who} to ${nameOf(target)}`,
          (to) => {
            to[LEFT.gives]! -= 1;
            setOp(to, work, OP.giving, 0, lease, target);
            if (!mutation.isClosedAfterGive) drop(to, work);
          },
        );
      }
    }
    if (op === OP.giving) {
      send(state, step, () => `${name} writes the give`, succession(user, session, b, c, 'give'), {
        applied: (to) => given(to, work),
        refused: (to) => given(to, work),
        unknown: (to) => {
          setOp(to, work, OP.giveUnknown, 0, b, c);
          if (mutation.isUnknownGiveTakenAsFailed) {
            setOp(to, work, OP.idle);
            take(to, work, b);
          }
        },
      });
    }
    if (op === OP.giveUnknown)
      step(
        () => `${name} reads the owner of ${who} after the give`,
        (to) => {
          const isOpen = at(to, own + USER.owner) === session && at(to, own + USER.epoch) === b;
          given(to, work);
          if (isOpen) to[work + WORK.unsettled] = b;
        },
      );
    if (op === OP.retaking && acts) {
      send(
        state,
        step,
        () => `${name} takes ${who} back with a new epoch`,
        succession(user, session, b, session, 'give'),
        {
          applied: (to) => {
            take(to, work, b + 1);
            setOp(to, work, OP.idle);
            to[work + WORK.unsettled] = 0;
          },
          refused: (to) => setOp(to, work, OP.idle),
          unknown: (to) => setOp(to, work, OP.idle),
        },
      );
    }
    for (let command = 1; command <= bounds.commands; command++) {
      if (op !== OP.idle || lease === 0 || !acts || has(at(state, own + USER.told), command)) continue;
      step(
        () => `${name} begins command ${command} of ${who}`,
        (to) => begin(to, server, user, command),
      );
    }
    // Between the beginning and what follows the server may have stood still: reading asks nobody whether it may act.
    if (op === OP.reading)
      step(
        () => `${name} reads the state of ${who}`,
        (to) => {
          to[work + WORK.version] = at(to, own + USER.version) + 1;
          to[work + WORK.done] = at(to, own + USER.done);
          begin(to, server, user, a);
        },
      );
    // A state write asks nobody whether the lease is held: its conditions protect it.
    if (op === OP.writing) {
      const message = stateWrite(user, at(state, work + WORK.version) - 1, lease, a, at(state, work + WORK.done));
      send(state, step, () => `${name} writes command ${a} of ${who} with epoch ${lease}`, message, {
        applied: (to) => {
          to[work + WORK.version]! += 1;
          to[work + WORK.done]! |= bitOf(a);
          setOp(to, work, OP.effect, a);
        },
        refused: (to) => {
          to[work + WORK.version] = 0;
          setOp(to, work, OP.idle);
        },
        unknown: (to) => {
          setOp(to, work, OP.writeUnknown, a);
          if (mutation.isUnknownWriteTakenAsApplied) {
            to[work + WORK.version]! += 1;
            to[work + WORK.done]! |= bitOf(a);
            setOp(to, work, OP.effect, a);
          }
        },
      });
    }
    if (op === OP.writeUnknown)
      step(
        () => `${name} reads the state of ${who} after the write`,
        (to) => {
          to[work + WORK.version] = at(to, own + USER.version) + 1;
          to[work + WORK.done] = at(to, own + USER.done);
          // Only this lease's epoch makes it this write: the write id of the real thing.
          const isMine = has(at(to, own + USER.done), a) && at(to, own + USER.stateEpoch) === lease;
          setOp(to, work, isMine ? OP.effect : OP.idle, isMine ? a : 0);
          if (mutation.isUnknownWriteTakenAsFailed) setOp(to, work, OP.writing, a);
        },
      );
    if (op === OP.effect) {
      if (!acts)
        step(
          () => `${name} may not act and leaves the command`,
          (to) => setOp(to, work, OP.idle),
        );
      else
        step(
          () => `${name} sends what command ${a} of ${who} says, if it was not sent`,
          (to) => {
            const effects = own + USER.effects + a - 1;
            if (at(to, effects) === 0 || mutation.isSentWithoutCheck) to[effects]! += 1;
            if (at(to, effects) > 1) to[LEFT.error] = ERROR.sentTwice;
            setOp(to, work, OP.answering, a);
          },
        );
    }
    if (op === OP.answering) {
      step(
        () => `${name} answers command ${a} of ${who}`,
        (to) => {
          to[own + USER.told]! |= bitOf(a);
          setOp(to, work, OP.idle);
        },
      );
      if (state[LEFT.lostAnswers]! > 0)
        step(
          () => `the answer to command ${a} of ${who} is lost`,
          (to) => {
            to[LEFT.lostAnswers]! -= 1;
            setOp(to, work, OP.idle);
          },
          true,
        );
    }
  }

  /** Consistent. The item may name this session: by its own claim, another's for it, or a give. */
  function readOwner(to: State, server: number, user: number, session: number): void {
    const work = workAt(server, user);
    const owner = at(to, userAt(user) + USER.owner);
    const epoch = at(to, userAt(user) + USER.epoch);
    if (owner !== session) return setOp(to, work, OP.located, owner, epoch);
    if (at(to, work + WORK.unsettled) === epoch) return setOp(to, work, OP.retaking, 0, epoch);
    take(to, work, epoch);
  }

  function begin(to: State, server: number, user: number, command: number): void {
    const work = workAt(server, user);
    if (at(to, work + WORK.version) === 0) return setOp(to, work, OP.reading, command);
    const isKnown = has(at(to, work + WORK.done), command) && !mutation.isRetryNotLookedUp;
    setOp(to, work, isKnown ? OP.effect : OP.writing, command);
    if (mutation.isAnsweredBeforeWrite && !isKnown) to[userAt(user) + USER.told]! |= bitOf(command);
  }

  function given(to: State, work: number): void {
    drop(to, work);
    setOp(to, work, OP.idle);
  }

  function take(to: State, work: number, epoch: number): void {
    to[work + WORK.lease] = epoch;
    to[work + WORK.version] = 0;
    to[work + WORK.done] = 0;
  }

  function drop(to: State, work: number): void {
    to[work + WORK.lease] = 0;
    to[work + WORK.version] = 0;
    to[work + WORK.done] = 0;
  }

  function forgetAll(to: State, server: number): void {
    for (let user = 0; user < users; user++) to.fill(0, workAt(server, user), workAt(server, user) + WORK_BYTES);
  }

  interface Outcomes {
    applied(to: State): void;
    refused(to: State): void;
    unknown(to: State): void;
  }

  /** A conditional write: answered, or applied without an answer, or lost, or late. */
  function send(state: State, step: Add, label: () => string, message: State, then: Outcomes): void {
    step(label, (to) => (deliver(mutation, to, message) ? then.applied(to) : then.refused(to)));
    if (at(state, LEFT.unknowns) === 0) return;
    const unknown = (how: string, change: (to: State) => void) =>
      step(
        () => `${label()}: no answer, ${how}`,
        (to) => {
          to[LEFT.unknowns]! -= 1;
          change(to);
          then.unknown(to);
        },
        true,
      );
    unknown('but it was judged', (to) => void deliver(mutation, to, message));
    unknown('and it is lost', () => undefined);
    const free = SLOTS.find((slot) => at(state, lateAt(slot)) === KIND.none);
    if (free !== undefined) unknown('and it is late', (to) => to.set(message, lateAt(free)));
  }

  const holders = (state: State, user: number): number[] =>
    SERVER_NUMBERS.filter((it) => mayAct(state, it) && at(state, workAt(it, user) + WORK.lease) > 0);

  function violation(state: State): string | undefined {
    if (state[LEFT.error] !== ERROR.none) return ERRORS[at(state, LEFT.error)];
    for (let user = 0; user < users; user++) {
      const own = userAt(user);
      const holding = holders(state, user);
      if (holding.length > 1) return 'two sessions hold a user';
      for (const server of holding) {
        const isOwner = at(state, own + USER.owner) === sessionOf(state, server);
        if (!isOwner || at(state, own + USER.epoch) !== at(state, workAt(server, user) + WORK.lease))
          return 'a session holds a user that the store says is not its own';
      }
      if ((at(state, own + USER.told) & ~at(state, own + USER.done)) !== 0)
        return 'a command that a device was told of is not in the store';
    }
    return undefined;
  }

  /** Nobody is left to serve: the bounds allow a server so many lives. */
  const isExcused = (state: State): boolean =>
    SERVER_NUMBERS.every((it) => at(state, serverAt(it)) === 0 && !canComeBack(state, it));

  return {
    initial,
    next,
    canonical: canonicalizer(layout),
    violation,
    epochs: (state) => [...Array(users).keys()].map((user) => at(state, userAt(user) + USER.epoch)),
    isServed: (state) =>
      isExcused(state) ||
      [...Array(users).keys()].every((user) =>
        bounds.commands > 0 ? at(state, userAt(user) + USER.told) === all : holders(state, user).length === 1,
      ),
  };
}
