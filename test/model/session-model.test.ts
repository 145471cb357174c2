import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { tell } from './tell.ts';
import { sessionModel, type SessionMutation } from './session-model.ts';

const BOUNDS = { timeouts: 3, clockErrors: 1 };
const STATES_LIMIT = 500_000;

describe('Model of a session: beats, its own deadline, observation, fence', () => {
  it('never has two sessions hold a user, never gives up a live session, and always comes to serve', () => {
    const result = explore(sessionModel(BOUNDS), { statesLimit: STATES_LIMIT });
    tell(`session model: ${result.states} states, ${result.transitions} transitions`);
    expect(result.violation).toBeUndefined();
    expect(result.furthestFromServed).toBeLessThan(12);
    expect(result.states).toBeGreaterThan(5_000);
  });

  it('holds with clocks that differ by a quarter of a lease, and breaks with twice that: the margin is what it says', () => {
    expect(explore(sessionModel({ ...BOUNDS, clockErrors: 2 }), { statesLimit: STATES_LIMIT }).violation?.what).toBe(
      'two sessions hold a user',
    );
  });
});

const TWO = 'two sessions hold a user';
const MUTATIONS: readonly (readonly [rule: string, mutation: SessionMutation, breaks: string])[] = [
  ['the deadline is stamped when the answer is there', { isStampedAfterAnswer: true }, TWO],
  ['a beat that a read showed is stamped like its last attempt', { isStampedWithLastAttempt: true }, TWO],
  ['a beat without an answer counts as applied', { isUnknownTakenAsApplied: true }, TWO],
  [
    'a beat without an answer counts as failed',
    { isUnknownTakenAsFailed: true },
    'a session that nobody fenced gave itself up',
  ],
  ['a fence without the beat condition', { isFencedWithoutBeat: true }, TWO],
  ['a suspended session serves', { isServingSuspended: true }, TWO],
  ['a suspended session goes on because it reads that nobody fenced it', { isResumedByRead: true }, TWO],
  ['a fence after half a lease', { isFencedEarly: true }, TWO],
  ['a deadline of a whole lease', { isDeadlineWholeLease: true }, TWO],
];

describe('Model of a session: each rule is needed', () => {
  it.each(MUTATIONS)('%s', (rule, mutation, breaks) => {
    const { violation, states } = explore(sessionModel(BOUNDS, mutation), { statesLimit: STATES_LIMIT });
    tell(`${rule}: ${violation?.what ?? 'nothing'} (after ${states} states)\n  ${violation?.trace.join('\n  ')}`);
    expect(violation?.what).toBe(breaks);
  });
});
