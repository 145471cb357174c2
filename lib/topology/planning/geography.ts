/**
 * Which pools of a plan share the homes of their users, so that phones have one name for all (docs/homes.md): those of one mail
 * system. A pool takes the passwords of its own mail system alone, so that pools of several have a name each.
 */
import type { Kind } from './availability.ts';
import type { Needs } from './needs.ts';
import type { Partition } from './places.ts';
import { roundTripBetween } from './regions-on-earth.ts';

export interface Geography {
  /** Of the places: the one with the most users, to whose region every pool writes homes. */
  readonly authority: number;
  /** By place, the one that takes its users when its region is lost: the nearest. Empty where that is not asked for. */
  readonly failOverTo: readonly number[];
}

/** A user may be away for 8.8 hours a year then: a region that is lost for a day would use that up at once. */
export const FAIL_OVER_FROM_PERCENT = 99.9;

/** Undefined where pools have nothing to do with each other. */
export function geographyOf({ availabilityPercent }: Needs, kind: Kind, partition: Partition): Geography | undefined {
  const regions = new Set(partition.map(({ region }) => region));
  const mails = new Set(partition.map(({ mailSystem }) => mailSystem.name));
  if (kind !== 'pool' || partition.length < 2 || regions.size < partition.length || mails.size > 1) return undefined;
  const users = partition.map(({ sites }) => sites.reduce((sum, site) => sum + site.users, 0));
  return {
    authority: users.indexOf(Math.max(...users)),
    failOverTo: availabilityPercent >= FAIL_OVER_FROM_PERCENT ? partition.map((_, at) => nearestTo(at, partition)) : [],
  };
}

function nearestTo(at: number, partition: Partition): number {
  const ways = partition.map(({ region }, index) =>
    index === at ? Number.POSITIVE_INFINITY : roundTripBetween(region, partition[at]?.region ?? region),
  );
  return ways.indexOf(Math.min(...ways));
}
