/** Which requirement is to be relaxed, and by how much, where nothing meets all of them. */
import { titleOf } from './alternatives.ts';
import { type Candidate, candidateOf } from './candidate.ts';
import { candidateAt, KINDS } from './candidates.ts';
import { NoPlanError, type Relaxation, type WayOut } from './errors.ts';
import { FAIL_OVER_FROM_PERCENT } from './geography.ts';
import type { Needs } from './needs.ts';
import { longestWay } from './places.ts';

/** A bound on what is tried: the ways of twelve regions and sixty sites are some hundreds. */
const MOST_LIMITS = 50;
/** Availability has four decimals. */
const LEAST_STEP_PERCENT = 0.0001;

/** `candidates` all miss something. */
export function noPlan(needs: Needs, candidates: readonly Candidate[]): NoPlanError {
  const tried = [
    ...candidates.map((it) => asPlanned(needs, it)),
    ...KINDS.flatMap((kind) => withLongerWays(needs, kind)),
  ]
    .map((it) => withFewerUsers(needs, it))
    .flatMap((it) => [it, ...withoutReplicas(needs, it)]);
  const least = new Map<string, Candidate>();
  for (const candidate of tried) {
    const [requirement, ...others] = requirementsOf(candidate);
    const known = requirement === undefined ? undefined : least.get(requirement);
    if (requirement === undefined || others.length > 0) continue;
    if (known === undefined || isLess(candidate, known)) least.set(requirement, candidate);
  }
  if (least.size > 0) return new NoPlanError([...least.values()].map(wayOut));
  const fewest = tried.toSorted(
    (a, b) => requirementsOf(a).length - requirementsOf(b).length || distance(a.missed) - distance(b.missed),
  );
  return new NoPlanError(fewest.slice(0, 1).map(wayOut));
}

const requirementsOf = ({ missed }: Candidate): readonly string[] => [
  ...new Set(missed.map(({ requirement }) => requirement)),
];

function wayOut(candidate: Candidate): WayOut {
  const regions = [...new Set(candidate.places.map(({ region }) => region))].join(', ');
  return {
    relaxations: candidate.missed,
    topology: `${titleOf(candidate)} in ${regions}`,
    usdPerMonth: candidate.usdPerMonthAtHorizon,
    availability: candidate.availability,
  };
}

/** Of all that is missed together, how much of it must go. */
function distance(missed: readonly Relaxation[]): number {
  const sum = (of: (it: Relaxation) => number) => missed.reduce((all, it) => all + of(it), 0);
  return (
    sum(({ from, to }) => Math.abs(from - to)) /
    Math.max(
      1,
      sum(({ from }) => from),
    )
  );
}

function isLess(one: Candidate, other: Candidate): boolean {
  const by = distance(one.missed) - distance(other.missed);
  return by < 0 || (by === 0 && one.usdPerMonthAtHorizon < other.usdPerMonthAtHorizon);
}

/** Where devices may be as far away as they are in it, fewer places may do: what is told is what will be planned then. */
const asPlanned = (needs: Needs, candidate: Candidate): Candidate =>
  requirementsOf(candidate).includes('deviceRoundTripMs')
    ? candidateAt(needs, candidate.kind, longestWay(candidate.places))
    : candidate;

/** Where devices may be farther away there are fewer places: from the fewest on, one limit after the other. */
function withLongerWays(needs: Needs, kind: Candidate['kind']): readonly Candidate[] {
  const limit = needs.deviceRoundTripMs ?? Number.POSITIVE_INFINITY;
  const found: Candidate[] = [];
  let most = Number.POSITIVE_INFINITY;
  for (let count = 0; count < MOST_LIMITS && most > limit; count += 1) {
    const candidate = candidateAt(needs, kind, most);
    const longest = longestWay(candidate.places);
    if (longest <= limit || longest >= most) break;
    found.push(candidate);
    most = longest - LEAST_STEP_PERCENT;
  }
  return found;
}

/** Less availability spares the replicas of tables, and what they cost. */
function withoutReplicas(needs: Needs, { kind, places, geography, missed }: Candidate): readonly Candidate[] {
  if ((geography?.failOverTo.length ?? 0) === 0) return [];
  const from = needs.availabilityPercent;
  const to = FAIL_OVER_FROM_PERCENT - LEAST_STEP_PERCENT;
  const candidate = candidateOf({ ...needs, availabilityPercent: to }, kind, places);
  const sentence = `availabilityPercent from ${from} to ${to} (by ${Number((from - to).toFixed(4))})`;
  const tooMany = missed.filter(({ requirement }) => requirement === 'users');
  const less = { requirement: 'availabilityPercent', from, to, sentence };
  return [{ ...candidate, missed: [less, ...tooMany, ...candidate.missed] }];
}

/** What is missed, and costs, once the users that are too many are not there. */
function withFewerUsers(needs: Needs, candidate: Candidate): Candidate {
  const tooMany = candidate.missed.filter(({ requirement }) => requirement === 'users');
  if (tooMany.length === 0) return candidate;
  const partition = candidate.places.map((place) => {
    const { from, to } = tooMany.find(({ places }) => places?.includes(place.name)) ?? { from: 1, to: 1 };
    // Growth is rounded up at each site.
    const share = Math.max(0, to - place.sites.length) / from;
    const sites = place.sites.map((site) => ({ ...site, users: Math.max(1, Math.floor(site.users * share)) }));
    return from === to ? place : { ...place, sites };
  });
  const fewer = candidateOf(needs, candidate.kind, partition);
  return { ...fewer, missed: [...tooMany, ...fewer.missed] };
}
