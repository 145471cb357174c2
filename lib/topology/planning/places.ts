/** Where the servers of a plan are: for each mail system the fewest regions from which its sites are near enough. */
import { DEVICE_WARNING_MS, deviceRoundTrip, MAIL_LIMIT_MS, mailRoundTrip, regionsOf } from './latency.ts';
import { ASSUMED } from './measured.ts';
import type { MailSystemNeed, Needs, SiteNeed } from './needs.ts';
import { type Region, zonesOf } from './regions-on-earth.ts';

/** One pool or server alone: a mail system has at least one of its own. */
export interface Place {
  readonly region: Region;
  readonly mailSystem: MailSystemNeed;
  readonly sites: readonly SiteNeed[];
}

export type Partition = readonly Place[];

/** What is to be least, given the places of one mail system. */
type ServersOf = (places: Partition) => number;
/** How many of its users the largest pool there is does not serve. */
type TooMany = (place: Place) => number;

export const sitesOf = ({ sites }: Needs, { name }: MailSystemNeed): readonly SiteNeed[] =>
  sites.filter(({ mailSystem }) => mailSystem === name);

/**
 * Those that leave out the fewest users first, then fewest places, then fewest servers, then the least waiting. A place more costs more than the servers that rounding
 * saves there, so that the fewest places are the cheapest too.
 */
export function bestPartition(needs: Needs, serversOf: ServersOf, tooMany: TooMany): Partition {
  return needs.mailSystems.flatMap((mail) => bestOf(needs, mail, serversOf, tooMany));
}

function bestOf(needs: Needs, mail: MailSystemNeed, serversOf: ServersOf, tooMany: TooMany): Partition {
  const sites = sitesOf(needs, mail);
  const regions = mailRegions(needs, mail);
  let best: { readonly places: Partition; readonly rank: readonly number[] } | undefined;
  for (const chosen of subsets(regions)) {
    if (best?.rank[0] === 0 && chosen.length > best.places.length) break;
    if (!sites.every((site) => isReached(needs, site, chosen, regions))) continue;
    const places = placesIn(mail, sites, chosen);
    const zones = places.reduce((sum, { region }) => sum + zonesOf(region).length, 0);
    const leftOut = places.reduce((sum, place) => sum + tooMany(place), 0);
    const rank = [leftOut, places.length, serversOf(places), zones, waitingOf(places)];
    if (best === undefined || isLess(rank, best.rank)) best = { places, rank };
  }
  return best?.places ?? [];
}

/** Those with fewer elements first; of at most twelve. */
function subsets(regions: readonly Region[]): readonly (readonly Region[])[] {
  const all = Array.from({ length: 2 ** regions.length - 1 }, (_, bits) =>
    regions.filter((__, index) => ((bits + 1) >> index) & 1),
  );
  return all.sort((one, other) => one.length - other.length);
}

/** From which the mail system is near enough; where it is from none, the nearest. */
function mailRegions(needs: Needs, mail: MailSystemNeed): readonly Region[] {
  const regions = regionsOf(needs);
  const nearest = Math.min(...regions.map((region) => mailRoundTrip(mail, region)));
  return regions.filter((region) => mailRoundTrip(mail, region) <= Math.max(MAIL_LIMIT_MS, nearest));
}

/** Near enough, or as near as any region is. */
function isReached({ deviceRoundTripMs }: Needs, site: SiteNeed, chosen: readonly Region[], all: readonly Region[]) {
  if (deviceRoundTripMs === undefined) return true;
  const nearest = (regions: readonly Region[]) => Math.min(...regions.map((region) => deviceRoundTrip(site, region)));
  return nearest(chosen) <= Math.max(deviceRoundTripMs, nearest(all));
}

/** Each site at the nearest of the regions; a region without sites is none. */
export function placesIn(mail: MailSystemNeed, sites: readonly SiteNeed[], regions: readonly Region[]): Partition {
  const nearest = (site: SiteNeed) =>
    regions.reduce((best, region) => (deviceRoundTrip(site, region) < deviceRoundTrip(site, best) ? region : best));
  const byRegion = Map.groupBy(sites, nearest);
  return regions.flatMap((region) => {
    const own = byRegion.get(region);
    return own === undefined ? [] : [{ region, mailSystem: mail, sites: own }];
  });
}

/** What users wait for at a Sync that brings something, all together, in milliseconds. */
export const waitingOf = (places: Partition): number =>
  places.reduce((sum, { region, mailSystem, sites }) => {
    const mail = mailRoundTrip(mailSystem, region) * ASSUMED.mailRoundTripsPerSync.value;
    return sum + sites.reduce((all, site) => all + site.users * (deviceRoundTrip(site, region) + mail), 0);
  }, 0);

/** The longest way of a site to its place. */
export const longestWay = (places: Partition): number =>
  Math.max(...places.flatMap(({ region, sites }) => sites.map((site) => deviceRoundTrip(site, region))));

export const mayTake = ({ deviceRoundTripMs }: Needs): number => deviceRoundTripMs ?? DEVICE_WARNING_MS;

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((value, at) => value !== other[at]);
  return index >= 0 && (one[index] as number) < (other[index] as number);
}
