/** The planner: the simplest topology that meets the needs, why, and what else there would have been. */
import { type Alternative, alternativesOf } from './alternatives.ts';
import type { Candidate } from './candidate.ts';
import { candidatesFor } from './candidates.ts';
import { deploymentOf } from './deployment.ts';
import type { Needs } from './needs.ts';
import { type Reckoning, reckoningOf } from './reckoning.ts';
import { noPlan } from './relax.ts';
import { warningsOf } from './warnings.ts';

export interface Plan extends Omit<Candidate, 'missed'> {
  readonly needs: Needs;
  readonly alternatives: readonly Alternative[];
  readonly warnings: readonly string[];
  /** What the page shows sums of. */
  readonly reckoning: Reckoning;
  /** `caravan.json`; its certificates are to be filled in. */
  readonly deployment: object;
}

/** Throws NoPlanError where nothing meets the needs. */
export function plan(needs: Needs): Plan {
  const { chosen, candidates } = choose(needs);
  const { missed: _, ...rest } = chosen;
  return {
    needs,
    ...rest,
    alternatives: alternativesOf(needs, chosen, candidates),
    warnings: warningsOf(needs, chosen),
    reckoning: reckoningOf(needs, chosen),
    deployment: deploymentOf(needs, chosen),
  };
}

/** The simplest that meets the needs, of one candidate a kind. Throws NoPlanError where none does. */
export function choose(needs: Needs): { readonly chosen: Candidate; readonly candidates: readonly Candidate[] } {
  const candidates = candidatesFor(needs);
  const chosen = candidates.find(({ missed }) => missed.length === 0);
  if (chosen === undefined) throw noPlan(needs, candidates);
  return { chosen, candidates };
}
