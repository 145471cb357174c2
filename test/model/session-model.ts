/**
 * One session and those who watch it: beats, their answers, the session's own deadline, observation, fence, and a claim over
 * the dead session (ownership.md, "Time"). A tick is a quarter of a lease. A pause is ticks in which the session takes no
 * step, and any number of them may pass between two steps. Counters are kept relative to the item's: the states are finite.
 */
import type { Model, State, Step } from './explore.ts';

export interface SessionMutation {
  readonly isStampedAfterAnswer?: boolean;
  /** A beat that only a read or a refusal showed is stamped like the last attempt. */
  readonly isStampedWithLastAttempt?: boolean;
  readonly isUnknownTakenAsApplied?: boolean;
  readonly isUnknownTakenAsFailed?: boolean;
  readonly isFencedWithoutBeat?: boolean;
  readonly isServingSuspended?: boolean;
  readonly isResumedByRead?: boolean;
  readonly isFencedEarly?: boolean;
  readonly isDeadlineWholeLease?: boolean;
}

export interface SessionBounds {
  /** Requests whose sender gives up waiting. */
  readonly timeouts: number;
  /** Ticks by which clocks may differ in all: one is a quarter of a lease. */
  readonly clockErrors: number;
}

const LEASE = 4;
const DEADLINE = 3;

// What the bytes of a state are.
const TIMEOUTS = 0;
const CLOCK_ERRORS = 1;
const PROCESS = 2;
const STATUS = 3;
/** Ticks until the session's own deadline. */
const LEFT = 4;
/** 1 where the item's count is one ahead of what the session knows. */
const LAG = 5;
const REQUEST = 6;
const AGE = 7;
/** Ticks since the earliest instant at which the beat can have been applied. */
const SINCE = 8;
/** Beats that their sender has given up, and that may still be applied. */
const LATE = 9;
const SEEN = 10;
const STILL = 11;
const FENCE = 12;
const CLAIMED = 13;
const BYTES = 14;
// PROCESS
const CRASHED = 0;
const RUNNING = 1;
const ENDED = 2;
// STATUS
const UP = 1;
const FENCED = 2;
// REQUEST: a beat on its way, judged by the store, or without an answer.
const IDLE = 0;
const SENT = 1;
const APPLIED = 2;
const REFUSED_MINE = 3;
const REFUSED_DEAD = 4;
const UNKNOWN = 5;
// SINCE
const NONE = 99;

export function sessionModel(bounds: SessionBounds, mutation: SessionMutation = {}): Model {
  const deadline = mutation.isDeadlineWholeLease ? LEASE + 1 : DEADLINE;
  const oldest = deadline + 1;

  const initial = new Uint8Array(BYTES);
  initial[PROCESS] = RUNNING;
  initial[STATUS] = UP;
  initial[LEFT] = deadline;
  initial[SINCE] = NONE;

  const isHeld = (state: State): boolean =>
    get(state, PROCESS) === RUNNING && (mutation.isServingSuspended === true || get(state, LEFT) > 0);

  const next = (state: State): readonly Step[] => {
    const steps: Step[] = [];
    const step = (label: string, change: (to: State) => void, isFault = false) => {
      const to = state.slice();
      change(to);
      steps.push({ label: () => label, state: to, isFault });
    };
    const isRunning = get(state, PROCESS) === RUNNING;
    const isUp = get(state, STATUS) === UP;
    const request = get(state, REQUEST);

    if (isRunning && request === IDLE)
      step('the session sends a beat', (to) => {
        set(to, REQUEST, SENT);
        set(to, AGE, 0);
      });
    if (request === SENT)
      step('the beat reaches the store', (to) => {
        if (isUp && get(state, LAG) === 0) {
          apply(to);
          set(to, REQUEST, APPLIED);
        } else set(to, REQUEST, isUp ? REFUSED_MINE : REFUSED_DEAD);
      });
    if (isRunning && (request === APPLIED || request === REFUSED_MINE || request === REFUSED_DEAD))
      step('the answer to the beat arrives', (to) => answer(to));
    if (isRunning && request !== IDLE && request !== UNKNOWN && get(state, TIMEOUTS) < bounds.timeouts)
      step('the session gives up waiting for the answer', (to) => timeOut(to), true);
    if (isRunning && request === UNKNOWN) step('the session reads its item', (to) => read(to));
    if (get(state, LATE) > 0)
      step('a late beat reaches the store', (to) => {
        if (isUp && get(state, LAG) === 0) apply(to);
        else set(to, LATE, get(state, LATE) - 1);
      });
    if (isRunning && mutation.isResumedByRead && isUp)
      step('the session reads that it is not fenced, and goes on', (to) => set(to, LEFT, deadline));
    if (isRunning)
      step(
        'the process crashes',
        (to) => {
          to[PROCESS] = CRASHED;
          to[LEFT] = 0;
          to[SINCE] = NONE;
          if (request === SENT) late(to);
          to[REQUEST] = IDLE;
          to[AGE] = 0;
        },
        true,
      );

    if (get(state, SEEN) === 0 && isUp)
      step('an observer sees a new count', (to) => {
        set(to, SEEN, 1);
        set(to, STILL, 0);
      });
    const isDue = get(state, STILL) >= (mutation.isFencedEarly ? 2 : LEASE);
    const isSeen = get(state, SEEN) === 1 || mutation.isFencedWithoutBeat === true;
    if (isUp && isDue && isSeen && get(state, FENCE) === 0)
      step('an observer sends a fence', (to) => set(to, FENCE, 1));
    if (get(state, FENCE) === 1)
      step('the fence reaches the store', (to) => {
        set(to, FENCE, 0);
        set(to, STATUS, FENCED);
        set(to, LATE, 0);
        set(to, SEEN, 0);
        set(to, STILL, 0);
      });
    if (!isUp && get(state, CLAIMED) === 0) step('another session claims its user', (to) => set(to, CLAIMED, 1));

    step('a tick', (to) => tick(to, 1, 1));
    if (get(state, CLOCK_ERRORS) < bounds.clockErrors) {
      step(
        'a tick that the session does not count',
        (to) => {
          to[CLOCK_ERRORS]! += 1;
          tick(to, 0, 1);
        },
        true,
      );
      step(
        'a tick that the observer counts twice',
        (to) => {
          to[CLOCK_ERRORS]! += 1;
          tick(to, 1, 2);
        },
        true,
      );
    }
    return steps;
  };

  /** The item's count moves on: every other beat of that count is void, and so is every observation of it. */
  function apply(to: State): void {
    set(to, LAG, 1);
    set(to, LATE, 0);
    set(to, SEEN, 0);
    if (!mutation.isFencedWithoutBeat) set(to, FENCE, 0);
  }

  function answer(to: State): void {
    const request = get(to, REQUEST);
    if (request === REFUSED_DEAD || (request === REFUSED_MINE && mutation.isUnknownTakenAsFailed)) return end(to);
    confirm(to, request === REFUSED_MINE ? earliest(to) : get(to, AGE));
  }

  function timeOut(to: State): void {
    set(to, TIMEOUTS, get(to, TIMEOUTS) + 1);
    const since = earliest(to);
    if (get(to, REQUEST) === SENT) late(to);
    set(to, REQUEST, UNKNOWN);
    set(to, SINCE, since);
    if (mutation.isUnknownTakenAsFailed) set(to, REQUEST, IDLE);
    if (mutation.isUnknownTakenAsApplied) {
      set(to, LEFT, Math.max(get(to, LEFT), deadline - Math.min(deadline, get(to, AGE))));
      set(to, REQUEST, IDLE);
    }
  }

  function read(to: State): void {
    if (get(to, STATUS) === FENCED) return end(to);
    if (get(to, LAG) === 1) return confirm(to, get(to, SINCE));
    set(to, SINCE, mutation.isStampedWithLastAttempt ? NONE : 0);
    set(to, REQUEST, IDLE);
    set(to, AGE, 0);
  }

  function confirm(to: State, since: number): void {
    const stamp = mutation.isStampedAfterAnswer ? 0 : since;
    set(to, LAG, 0);
    set(to, LEFT, Math.max(get(to, LEFT), deadline - Math.min(deadline, stamp)));
    set(to, REQUEST, IDLE);
    set(to, AGE, 0);
    set(to, SINCE, NONE);
  }

  /** The session takes itself for dead. */
  function end(to: State): void {
    set(to, PROCESS, ENDED);
    set(to, LEFT, 0);
    set(to, REQUEST, IDLE);
    set(to, AGE, 0);
    set(to, SINCE, NONE);
  }

  function earliest(to: State): number {
    const since = get(to, SINCE);
    if (since === NONE || mutation.isStampedWithLastAttempt) return get(to, AGE);
    return Math.max(since, get(to, AGE));
  }

  /** Its sender has forgotten the request, the network has not. Whatever cannot be applied any more is left out. */
  function late(to: State): void {
    if (get(to, LAG) === 0 && get(to, STATUS) === UP) set(to, LATE, Math.min(2, get(to, LATE) + 1));
  }

  function tick(to: State, own: number, observer: number): void {
    set(to, LEFT, Math.max(0, get(to, LEFT) - own));
    if (get(to, REQUEST) !== IDLE) set(to, AGE, Math.min(oldest, get(to, AGE) + own));
    if (get(to, SINCE) !== NONE) set(to, SINCE, Math.min(oldest, get(to, SINCE) + own));
    if (get(to, STATUS) === UP) set(to, STILL, Math.min(LEASE, get(to, STILL) + observer));
  }

  return {
    initial,
    next,
    canonical: (state) => state,
    violation(state) {
      if (get(state, CLAIMED) === 1 && isHeld(state)) return 'two sessions hold a user';
      if (get(state, PROCESS) === ENDED && get(state, STATUS) === UP)
        return 'a session that nobody fenced gave itself up';
      return undefined;
    },
    isServed: (state) => isHeld(state) || get(state, CLAIMED) === 1,
  };
}

const get = (state: State, at: number): number => state[at] as number;
const set = (state: State, at: number, value: number): void => {
  state[at] = value;
};
