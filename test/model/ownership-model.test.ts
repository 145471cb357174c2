import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { ownershipModel } from './ownership-model.ts';
import type { OwnershipBounds, OwnershipMutation } from './ownership-rules.ts';
import { tell } from './tell.ts';

const STATES_LIMIT = 1_000_000;
/** From any state: a fence, a claim, a reading, a write, an effect and an answer for each user, and what was begun before. */
const FURTHEST_STEPS = 20;

const SCOPES: readonly (readonly [what: string, bounds: OwnershipBounds])[] = [
  [
    'one user with two devices: a pause, a write without an answer, a give, a lost answer',
    { users: 1, crashes: 0, suspensions: 1, unknowns: 1, gives: 1, lostAnswers: 1, commands: 2 },
  ],
  [
    'one user: a crash, a pause and a write without an answer',
    { users: 1, crashes: 1, suspensions: 1, unknowns: 1, gives: 0, lostAnswers: 0, commands: 1 },
  ],
  [
    'one user with two devices: a crash, a give, a write without an answer',
    { users: 1, crashes: 1, suspensions: 0, unknowns: 1, gives: 1, lostAnswers: 0, commands: 2 },
  ],
  [
    'one user: two gives, two writes without an answer, a lost answer',
    { users: 1, crashes: 0, suspensions: 0, unknowns: 2, gives: 2, lostAnswers: 1, commands: 2 },
  ],
  [
    'one user: a pause, two writes without an answer',
    { users: 1, crashes: 0, suspensions: 1, unknowns: 2, gives: 0, lostAnswers: 0, commands: 1 },
  ],
  [
    'two users: a crash and a write without an answer',
    { users: 2, crashes: 1, suspensions: 0, unknowns: 1, gives: 0, lostAnswers: 0, commands: 0 },
  ],
];

describe('Model of ownership: three servers, claims, gives, state writes, effects', () => {
  it.each(SCOPES)('keeps every invariant and always comes to serve (%s)', { timeout: 900_000 }, (what, bounds) => {
    const result = explore(ownershipModel(bounds), { statesLimit: STATES_LIMIT });
    tell(`${what}: ${result.states} states, ${result.transitions} transitions`);
    expect(result.violation).toBeUndefined();
    expect(result.furthestFromServed).toBeLessThanOrEqual(FURTHEST_STEPS);
  });

  it('moves nobody while nothing goes wrong: the owner changes once, from nobody', () => {
    const calm = { users: 2, crashes: 0, suspensions: 0, unknowns: 0, gives: 0, lostAnswers: 0, commands: 1 } as const;
    const model = ownershipModel(calm);
    const moved = {
      ...model,
      violation: (state: Uint8Array) => (model.epochs(state).some((it) => it > 1) ? 'a user moved' : undefined),
    };
    expect(explore(moved, { statesLimit: STATES_LIMIT }).violation).toBeUndefined();
  });
});

const MUTATED: OwnershipBounds = {
  users: 1,
  crashes: 0,
  suspensions: 1,
  unknowns: 1,
  gives: 1,
  lostAnswers: 0,
  commands: 2,
};
const TWO = 'a session holds a user that the store says is not its own';
const MUTATIONS: readonly (readonly [rule: string, mutation: OwnershipMutation, breaks: string])[] = [
  [
    'a claim without looking whether the session is dead',
    { isClaimedWithoutDeath: true },
    'a user was taken from a live session',
  ],
  ['a claim without the epoch condition', { isClaimedWithoutEpoch: true }, 'a user was taken from a live session'],
  ['a give without the epoch condition', { isGivenWithoutEpoch: true }, TWO],
  ['a giver that closes the lease after the answer', { isClosedAfterGive: true }, TWO],
  ['a give without an answer counts as failed', { isUnknownGiveTakenAsFailed: true }, TWO],
  ['a giver that goes on with its epoch after a give without an answer', { isAdoptedFromStaleRead: true }, TWO],
  ['a state write without the version condition', { isStateWithoutVersion: true }, 'a command was applied twice'],
  ['a state write without the epoch condition', { isStateWithoutEpoch: true }, 'an older epoch wrote over a newer one'],
  [
    'a state write without an answer counts as applied: the re-read is skipped',
    { isUnknownWriteTakenAsApplied: true },
    'a command that a device was told of is not in the store',
  ],
  [
    'a state write without an answer counts as failed and is made again',
    { isUnknownWriteTakenAsFailed: true },
    'a command was applied twice',
  ],
  ['a command that comes again is not looked up', { isRetryNotLookedUp: true }, 'a command was applied twice'],
  ['a send that comes again without looking at its intent', { isSentWithoutCheck: true }, 'a message was sent twice'],
  [
    'a device is answered before the write',
    { isAnsweredBeforeWrite: true },
    'a command that a device was told of is not in the store',
  ],
  ['a suspended server acts', { isServingSuspended: true }, TWO],
  ['a fence of a session that may still act', { isFencedWhileActing: true }, TWO],
  ['a session id that is used again', { isSessionReused: true }, 'a user was taken from a live session'],
  ['a fenced server that keeps its leases', { isKeptAfterFence: true }, TWO],
];

describe('Model of ownership: each rule is needed', () => {
  it.each(MUTATIONS)('%s', { timeout: 300_000 }, (rule, mutation, breaks) => {
    const { violation, states } = explore(ownershipModel(MUTATED, mutation), { statesLimit: STATES_LIMIT });
    tell(`${rule}: ${violation?.what ?? 'nothing'} (after ${states} states)\n  ${violation?.trace.join('\n  ')}`);
    expect(violation?.what).toBe(breaks);
  });
});
