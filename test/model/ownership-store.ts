/** What the store of the ownership model does with a message that reaches it, and which messages are void. */
import type { State } from './explore.ts';
import {
  at,
  ERROR,
  isDead,
  KIND,
  LATE,
  type Layout,
  LEFT,
  MESSAGE,
  MESSAGE_BYTES,
  nameOf,
  USER,
  userAt,
} from './ownership-layout.ts';
import type { OwnershipMutation } from './ownership-rules.ts';

/** Judged at the instant at which it reaches the store. True if it was applied. */
export function deliver(mutation: OwnershipMutation, to: State, message: State): boolean {
  return message[MESSAGE.kind] === KIND.succession
    ? deliverSuccession(mutation, to, message)
    : deliverWrite(mutation, to, message);
}

function deliverSuccession(mutation: OwnershipMutation, to: State, message: State): boolean {
  const own = userAt(at(message, MESSAGE.user));
  const [from, epoch, target] = [at(message, MESSAGE.session), at(message, MESSAGE.a), at(message, MESSAGE.b)];
  const isClaim = at(message, MESSAGE.c) === 0;
  const isEpochChecked = isClaim ? !mutation.isClaimedWithoutEpoch : !mutation.isGivenWithoutEpoch;
  const isSessionChecked = !(isClaim && mutation.isClaimedWithoutEpoch);
  if (isEpochChecked && at(to, own + USER.epoch) !== epoch) return false;
  if (isSessionChecked && at(to, own + USER.owner) !== from) return false;
  const former = at(to, own + USER.owner);
  if (isClaim && !isDead(to, former) && former !== 0) to[LEFT.error] = ERROR.takenFromLive;
  to[own + USER.owner] = target;
  to[own + USER.epoch] = epoch + 1;
  return true;
}

function deliverWrite(mutation: OwnershipMutation, to: State, message: State): boolean {
  const own = userAt(at(message, MESSAGE.user));
  const [version, epoch, command] = [at(message, MESSAGE.a), at(message, MESSAGE.b), at(message, MESSAGE.c)];
  if (!mutation.isStateWithoutVersion && at(to, own + USER.version) !== version) return false;
  if (!mutation.isStateWithoutEpoch && at(to, own + USER.stateEpoch) > epoch) return false;
  if (at(to, own + USER.stateEpoch) > epoch) to[LEFT.error] = ERROR.oldEpochWrote;
  to[own + USER.stateEpoch] = epoch;
  to[own + USER.version] = version + 1;
  to[own + USER.done] = at(message, MESSAGE.done);
  to[own + USER.applied + command - 1]! += 1;
  if (at(to, own + USER.applied + command - 1) > 1) to[LEFT.error] = ERROR.twice;
  return true;
}

/** A late message that no condition can let in any more is as good as lost; its going spares states. */
export function forgetVoidMessages(mutation: OwnershipMutation, { lateAt }: Layout, to: State): void {
  for (let slot = 0; slot < LATE; slot++) {
    const base = lateAt(slot);
    if (at(to, base) === KIND.none) continue;
    const own = userAt(at(to, base + MESSAGE.user));
    const isSuccession = at(to, base) === KIND.succession;
    const isChecked = isSuccession
      ? !mutation.isClaimedWithoutEpoch && !mutation.isGivenWithoutEpoch
      : !mutation.isStateWithoutVersion;
    const current = at(to, own + (isSuccession ? USER.epoch : USER.version));
    if (isChecked && current > at(to, base + MESSAGE.a)) to.fill(0, base, base + MESSAGE_BYTES);
  }
}

export function messageOf({ lateAt }: Layout, state: State, slot: number): string {
  const base = lateAt(slot);
  if (at(state, base) === KIND.write)
    return `command ${at(state, base + MESSAGE.c)} with epoch ${at(state, base + MESSAGE.b)}`;
  const kind = at(state, base + MESSAGE.c) === 0 ? 'claim' : 'give';
  return `${kind} for ${nameOf(at(state, base + MESSAGE.b))} over epoch ${at(state, base + MESSAGE.a)}`;
}
