/** One way to meet the needs: so many places of one kind, what they cost, and which requirements they miss. */
import { type CostLine, geographyCosts, poolCosts, standaloneCosts, sumOf } from '../costs.ts';
import { availabilityOf, type Kind } from './availability.ts';
import type { Relaxation } from './errors.ts';
import { type Geography, geographyOf } from './geography.ts';
import { deviceRoundTrip, MAIL_LIMIT_MS, mailRoundTrip } from './latency.ts';
import type { MailSystemNeed, Needs } from './needs.ts';
import { counted, number, percent, usd } from './numbers.ts';
import type { Partition, Place } from './places.ts';
import { placeName, type Region, zonesOf } from './regions-on-earth.ts';
import { mostDevices, poolServers, serverCapacity } from './sizing.ts';

/** Now, or at the horizon. */
export interface Load {
  readonly users: number;
  readonly devices: number;
  readonly servers: number;
  readonly costs: readonly CostLine[];
}

export interface PlacePlan extends Place {
  /** Of its stack: `frankfurt`. */
  readonly name: string;
  readonly zones: readonly string[];
  readonly now: Load;
  readonly atHorizon: Load;
}

export interface Candidate {
  readonly kind: Kind;
  readonly places: readonly PlacePlan[];
  /** Of several pools with one mail system. */
  readonly geography?: Geography | undefined;
  /** From 0 to 1. */
  readonly availability: number;
  readonly usdPerMonth: number;
  readonly usdPerMonthAtHorizon: number;
  /** None: it meets all requirements. */
  readonly missed: readonly Relaxation[];
}

const STANDALONE_ZONES = 2;

export const grown = (users: number, { growthPercentPerYear, horizonYears }: Needs): number =>
  Math.ceil(users * (1 + growthPercentPerYear / 100) ** horizonYears);

export const devicesOf = (users: number, { devicesPerUser }: Needs): number => Math.ceil(users * devicesPerUser);

export const zonesFor = (kind: Kind, region: Region): readonly string[] =>
  kind === 'pool' ? zonesOf(region) : zonesOf(region).slice(0, STANDALONE_ZONES);

export function serversAt(kind: Kind, needs: Needs, region: Region, users: number): number {
  if (kind === 'standalone') return 1;
  const zones = zonesFor(kind, region).length;
  return poolServers(devicesOf(users, needs), zones, serverCapacity(needs.devicesPerUser)).servers;
}

/** Whether one pool, of as many servers as there may be, carries the devices of a place at the horizon. */
export function fitsPool(needs: Needs, { region, sites }: Place): boolean {
  const users = sites.reduce((sum, site) => sum + grown(site.users, needs), 0);
  return devicesOf(users, needs) <= mostDevices(zonesFor('pool', region).length, serverCapacity(needs.devicesPerUser));
}

export function candidateOf(needs: Needs, kind: Kind, partition: Partition): Candidate {
  const names = namesOf(partition);
  const geography = geographyOf(needs, kind, partition);
  const shared = geography && { regions: partition.length, isReplicated: geography.failOverTo.length > 0 };
  const places = partition.map((place, index) => placePlan(needs, kind, place, names[index] ?? '', shared));
  const availability = availabilityOf(kind);
  const total = (load: 'now' | 'atHorizon') => cents(places.reduce((sum, place) => sum + sumOf(place[load].costs), 0));
  const usdPerMonthAtHorizon = total('atHorizon');
  const missed = [
    ...missedAvailability(needs, availability),
    ...missedBudget(needs, usdPerMonthAtHorizon),
    ...missedUsers(needs, kind, places),
    ...missedLatency(needs, partition),
  ];
  return {
    kind,
    places,
    ...(geography && { geography }),
    availability,
    usdPerMonth: total('now'),
    usdPerMonthAtHorizon,
    missed,
  };
}

/** Two places in one region are told apart by a number. */
function namesOf(partition: Partition): readonly string[] {
  const names = partition.map(({ region }) => placeName(region));
  return names.map((name, index) =>
    names.filter((it) => it === name).length === 1
      ? name
      : `${name}-${names.slice(0, index + 1).filter((it) => it === name).length}`,
  );
}

function placePlan(
  needs: Needs,
  kind: Kind,
  place: Place,
  name: string,
  shared: { readonly regions: number; readonly isReplicated: boolean } | undefined,
): PlacePlan {
  const { region, sites } = place;
  const zones = zonesFor(kind, region);
  const loadOf = (users: number): Load => {
    const devices = devicesOf(users, needs);
    const servers = serversAt(kind, needs, region, users);
    const alone = kind === 'pool' ? poolCosts(devices, { servers, zones: zones.length }) : standaloneCosts(devices);
    const costs = [...alone, ...(shared ? geographyCosts(devices, { users, servers, ...shared }) : [])];
    return { users, devices, servers, costs: inCents(costs) };
  };
  const usersNow = sites.reduce((sum, { users }) => sum + users, 0);
  const usersThen = sites.reduce((sum, { users }) => sum + grown(users, needs), 0);
  return { ...place, name, zones, now: loadOf(usersNow), atHorizon: loadOf(usersThen) };
}

/** Each line is rounded, so that what is told adds up. */
const inCents = (lines: readonly CostLine[]): readonly CostLine[] =>
  lines.map((line) => ({ ...line, usdPerMonth: cents(line.usdPerMonth) }));

const cents = (usd: number): number => Math.round(usd * 100) / 100;

function missedAvailability({ availabilityPercent }: Needs, availability: number): Relaxation[] {
  if (availability * 100 >= availabilityPercent) return [];
  const to = Number.parseFloat(percent(availability));
  const by = Number((availabilityPercent - to).toFixed(4));
  const sentence = `availabilityPercent from ${availabilityPercent} to ${to} (by ${by})`;
  return [{ requirement: 'availabilityPercent', from: availabilityPercent, to, sentence }];
}

function missedBudget({ budgetUsdPerMonth: budget }: Needs, cost: number): Relaxation[] {
  if (budget === undefined || cost <= budget) return [];
  const to = Math.ceil(cost);
  const sentence = `budgetUsdPerMonth from ${budget} to ${to} (by ${usd(to - budget)})`;
  return [{ requirement: 'budgetUsdPerMonth', from: budget, to, sentence }];
}

/** A server alone carries all devices of a mail system, in how many places ever they are: it is no way around a pool. */
function missedUsers(needs: Needs, kind: Kind, places: readonly PlacePlan[]): Relaxation[] {
  const capacity = serverCapacity(needs.devicesPerUser);
  const groups =
    kind === 'standalone'
      ? [...Map.groupBy(places, ({ mailSystem }) => mailSystem.name).values()].map((group) => ({
          group,
          most: capacity,
        }))
      : places.map((place) => ({ group: [place], most: mostDevices(place.zones.length, capacity) }));
  return groups.flatMap(({ group, most }) => {
    const devices = group.reduce((sum, { atHorizon }) => sum + atHorizon.devices, 0);
    if (devices <= most) return [];
    const from = group.reduce((sum, { atHorizon }) => sum + atHorizon.users, 0);
    const to = Math.floor(most / needs.devicesPerUser);
    const where = listed(group);
    const sentence = `users of ${where} at the horizon from ${number(from)} to ${number(to)} (by ${number(from - to)}): ${kind === 'pool' ? 'a pool' : 'a server alone'} carries ${counted(most, 'device')}`;
    return [{ requirement: 'users', from, to, sentence }];
  });
}

const listed = (group: readonly PlacePlan[]): string => group.map(({ name }) => name).join(', ');

function missedLatency(needs: Needs, partition: Partition): Relaxation[] {
  const mails = new Map<MailSystemNeed, number>();
  for (const { mailSystem, region } of partition)
    mails.set(mailSystem, Math.max(mails.get(mailSystem) ?? 0, mailRoundTrip(mailSystem, region)));
  const missed: Relaxation[] = [...mails]
    .filter(([, ms]) => ms > MAIL_LIMIT_MS)
    .map(([{ name }, ms]) => ({
      requirement: 'mailRoundTripMs',
      from: ms,
      to: MAIL_LIMIT_MS,
      sentence: `the round trip to the mail system ${name} from ${number(ms)} to ${MAIL_LIMIT_MS} ms (by ${number(ms - MAIL_LIMIT_MS)} ms): name a region nearer to it in regions, or move it`,
    }));
  const limit = needs.deviceRoundTripMs;
  const longest = Math.max(
    ...partition.flatMap(({ region, sites }) => sites.map((site) => deviceRoundTrip(site, region))),
  );
  if (limit !== undefined && longest > limit) {
    const sentence = `deviceRoundTripMs from ${number(limit)} to ${number(longest)} (by ${number(longest - limit)} ms)`;
    missed.push({ requirement: 'deviceRoundTripMs', from: limit, to: longest, sentence });
  }
  return missed;
}
