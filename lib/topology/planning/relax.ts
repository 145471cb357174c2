/** Which requirement is to be relaxed, and by how much, where nothing meets all of them. */
import type { Candidate } from './candidate.ts';
import { NoPlanError, type Relaxation } from './errors.ts';

/** From candidates that all miss something. */
export function noPlan(candidates: readonly Candidate[]): NoPlanError {
  const alone = candidates.filter(({ missed }) => new Set(missed.map(({ requirement }) => requirement)).size === 1);
  // What misses one requirement in two places needs both.
  const least = new Map<string, readonly Relaxation[]>();
  for (const { missed } of alone) {
    const [{ requirement }] = missed as readonly [Relaxation];
    const known = least.get(requirement);
    if (known === undefined || distance(missed) < distance(known)) least.set(requirement, missed);
  }
  if (least.size > 0) {
    const [only] = least.values();
    return new NoPlanError([...least.values()].flat(), least.size === 1 && (only?.length ?? 0) > 1);
  }
  const fewest = candidates.toSorted((a, b) => a.missed.length - b.missed.length)[0];
  return new NoPlanError(fewest?.missed ?? [], true);
}

/** Of one requirement, so that parts of it can be compared. */
const distance = (missed: readonly Relaxation[]): number =>
  missed.reduce((sum, { from, to }) => sum + Math.abs(from - to) / Math.max(from, 1), 0);
