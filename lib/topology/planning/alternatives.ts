/** What else could be built, and why it is not: a reviewer's first questions, answered. */
import type { Kind } from './availability.ts';
import { type Candidate, candidateOf } from './candidate.ts';
import { mailRoundTrip } from './latency.ts';
import type { Needs } from './needs.ts';
import { counted, number, usd } from './numbers.ts';
import { longestWay, type Partition, placesIn, sitesOf } from './places.ts';
import { type Region, roundTripBetween } from './regions-on-earth.ts';

export interface Alternative {
  readonly what: string;
  readonly kind: Kind;
  readonly servers: number;
  readonly usdPerMonth: number;
  readonly availability: number;
  /** Why it is rejected. */
  readonly because: readonly string[];
}

export const serversOf = ({ places }: Candidate): number =>
  places.reduce((sum, { atHorizon }) => sum + atHorizon.servers, 0);

export function titleOf({ kind, places }: Candidate): string {
  if (kind === 'standalone')
    return places.length === 1 ? 'a server alone' : `${counted(places.length, 'server')} alone`;
  return places.length === 1 ? 'one pool' : counted(places.length, 'pool');
}

export function alternativesOf(needs: Needs, chosen: Candidate, all: readonly Candidate[]): readonly Alternative[] {
  const others = all.filter((it) => it !== chosen).map((it) => asAlternative(it, reasons(it, chosen)));
  return [...others, ...nearestToSites(needs, chosen), ...onePlaceEach(needs, chosen), ...acrossRegions(needs, chosen)];
}

function asAlternative(candidate: Candidate, because: readonly string[], what = titleOf(candidate)): Alternative {
  const where = [...new Set(candidate.places.map(({ region }) => region))].join(', ');
  return {
    what: `${what} in ${where}`,
    kind: candidate.kind,
    servers: serversOf(candidate),
    usdPerMonth: candidate.usdPerMonthAtHorizon,
    availability: candidate.availability,
    because,
  };
}

function reasons(candidate: Candidate, chosen: Candidate): readonly string[] {
  if (candidate.missed.length > 0) return candidate.missed.map(({ sentence }) => `it would need ${sentence}`);
  const dearer = candidate.usdPerMonthAtHorizon - chosen.usdPerMonthAtHorizon;
  return [`it costs ${usd(dearer)} a month more, and what is asked for is met without`];
}

/** A place in the region of each site: devices are nearer, mail is farther. */
function nearestToSites(needs: Needs, chosen: Candidate): readonly Alternative[] {
  const allowed = needs.regions;
  const partition = needs.mailSystems.flatMap((mail) => {
    const sites = sitesOf(needs, mail);
    const regions = [...new Set(sites.map(({ region }) => region))].filter((it) => allowed?.includes(it) ?? true);
    return regions.length === 0 ? [] : placesIn(mail, sites, regions);
  });
  if (partition.length <= chosen.places.length) return [];
  const candidate = candidateOf(needs, chosen.kind, partition);
  const farthest = Math.max(...partition.map(({ mailSystem, region }) => mailRoundTrip(mailSystem, region)));
  return [
    asAlternative(candidate, [
      `it costs ${usd(candidate.usdPerMonthAtHorizon - chosen.usdPerMonthAtHorizon)} a month more, and servers would wait up to ${number(farthest)} ms for each answer of the mail system`,
      ...(candidate.missed.length > 0 ? reasons(candidate, chosen) : []),
    ]),
  ];
}

/** Where a mail system has several places: one of them for all. */
function onePlaceEach(needs: Needs, chosen: Candidate): readonly Alternative[] {
  if (chosen.places.length === needs.mailSystems.length) return [];
  const partition: Partition = needs.mailSystems.map((mail) => ({
    region: chosen.places.find(({ mailSystem }) => mailSystem === mail)?.region as Region,
    mailSystem: mail,
    sites: sitesOf(needs, mail),
  }));
  const candidate = candidateOf(needs, chosen.kind, partition);
  return [
    asAlternative(candidate, [
      `devices would be up to ${number(longestWay(partition))} ms away`,
      ...reasons(candidate, chosen),
    ]),
  ];
}

/** Never: told of wherever there are several regions. */
function acrossRegions(needs: Needs, chosen: Candidate): readonly Alternative[] {
  const regions = [...new Set(chosen.places.map(({ region }) => region))];
  const [first] = chosen.places;
  if (regions.length < 2 || first === undefined) return [];
  const kind: Kind = 'pool';
  const candidate = candidateOf(needs, kind, [{ ...first, sites: needs.sites }]);
  const ways = regions.flatMap((from) => regions.map((to) => roundTripBetween(from, to)));
  return [
    asAlternative(
      candidate,
      [
        `a pool is never across regions: its table is in one, and every write and beat of the others would take ${number(Math.max(...ways))} ms`,
        ...(needs.mailSystems.length > 1 ? ['a pool has one mail system'] : []),
      ],
      `one pool across ${regions.join(', ')}, its table`,
    ),
  ];
}
