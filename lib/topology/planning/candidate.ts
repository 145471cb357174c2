/** One way to meet the needs: so many places of one kind, what they cost, and which requirements they miss. */
import { type CostLine, geographyCosts, poolCosts, standaloneCosts, sumOf } from '../costs.ts';
import { availabilityOf, type Kind } from './availability.ts';
import { mostUsersByNat, type NatNeed, natOf } from './connections.ts';
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
  /** Of its users at the horizon, and of those who come to it when another region is lost. */
  readonly nat: NatNeed;
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

/** How many users of a place at the horizon one pool does not serve, of as many servers and addresses as there may be. */
export const usersTooMany = (needs: Needs, place: Place): number =>
  Math.max(0, usersThen(needs, place) - mostUsersOf(needs, place).users);

const usersThen = (needs: Needs, { sites }: Place): number =>
  sites.reduce((sum, site) => sum + grown(site.users, needs), 0);

function mostUsersOf(
  needs: Needs,
  { region, mailSystem }: Place,
): { readonly users: number; readonly because: string } {
  const zones = zonesFor('pool', region).length;
  const devices = mostDevices(zones, serverCapacity(needs.devicesPerUser));
  const users = Math.floor(devices / needs.devicesPerUser);
  const byNat = mostUsersByNat(mailSystem, zones - 1);
  if (users <= byNat) return { users, because: `a pool carries ${counted(devices, 'device')}` };
  const addresses = counted(mailSystem.addresses, 'address', 'addresses');
  return { users: byNat, because: `NAT leads no more connections to ${addresses} of ${mailSystem.host} (addresses)` };
}

export function candidateOf(needs: Needs, kind: Kind, partition: Partition): Candidate {
  const names = namesOf(partition);
  const geography = geographyOf(needs, kind, partition);
  const shared = geography && { regions: partition.length, isReplicated: geography.failOverTo.length > 0 };
  const places = partition.map((place, index) => {
    const heirOf = partition.filter((_, other) => geography?.failOverTo[other] === index);
    const inherited = Math.max(0, ...heirOf.map((it) => usersThen(needs, it)));
    return placePlan(needs, kind, place, names[index] ?? '', { inherited, ...(shared && { shared }) });
  });
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

/** What a place has to do with the others. */
interface Others {
  /** Users who come to it when the region of another is lost. */
  readonly inherited: number;
  readonly shared?: { readonly regions: number; readonly isReplicated: boolean };
}

function placePlan(needs: Needs, kind: Kind, place: Place, name: string, { inherited, shared }: Others): PlacePlan {
  const { region, sites, mailSystem } = place;
  const zones = zonesFor(kind, region);
  const then = usersThen(needs, place);
  // A server alone is in one zone.
  const nat = natOf(mailSystem, then + inherited, kind === 'pool' ? zones.length - 1 : 1);
  const natAddresses = nat.addresses;
  const loadOf = (users: number): Load => {
    const devices = devicesOf(users, needs);
    const servers = serversAt(kind, needs, region, users);
    const alone =
      kind === 'pool'
        ? poolCosts(devices, { servers, zones: zones.length, natAddresses })
        : standaloneCosts(devices, natAddresses);
    const costs = [...alone, ...(shared ? geographyCosts(devices, { users, servers, ...shared }) : [])];
    return { users, devices, servers, costs: inCents(costs) };
  };
  const usersNow = sites.reduce((sum, { users }) => sum + users, 0);
  return { ...place, name, zones, nat, now: loadOf(usersNow), atHorizon: loadOf(then) };
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
  const carried = serverCapacity(needs.devicesPerUser);
  const alone = {
    users: Math.floor(carried / needs.devicesPerUser),
    because: `a server alone carries ${counted(carried, 'device')}`,
  };
  const groups =
    kind === 'standalone'
      ? [...Map.groupBy(places, ({ mailSystem }) => mailSystem.name).values()].map((group) => ({ group, most: alone }))
      : places.map((place) => ({ group: [place], most: mostUsersOf(needs, place) }));
  return groups.flatMap(({ group, most: { users: to, because } }) => {
    const from = group.reduce((sum, { atHorizon }) => sum + atHorizon.users, 0);
    if (from <= to) return [];
    const sentence = `users of ${listed(group)} at the horizon from ${number(from)} to ${number(to)} (by ${number(from - to)}): ${because}`;
    return [{ requirement: 'users', from, to, places: group.map(({ name }) => name), sentence }];
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
