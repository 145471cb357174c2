/** A plan as a page for people: what, why, and every number with the sum that gives it. */
import { type CostLine, sumOf } from '../costs.ts';
import { PRICES_OF } from '../prices.ts';
import { titleOf } from './alternatives.ts';
import { hoursAwayAYear, losses } from './availability.ts';
import { grown, type Load, type PlacePlan } from './candidate.ts';
import { MOST_NAT_ADDRESSES } from './connections.ts';
import { CERTIFICATE_TO_FILL_IN, hostOf } from './deployment.ts';
import { FAIL_OVER_FROM_PERCENT } from './geography.ts';
import { deviceRoundTrip, directoryRoundTrip, isMeasured, MAIL_WARNING_MS, mailRoundTrip } from './latency.ts';
import { ASSUMED, type Figure, MEASURED } from './measured.ts';
import type { Needs } from './needs.ts';
import { counted, listed, number, percent, usd } from './numbers.ts';
import type { Plan } from './plan.ts';
import { syncMs } from './reckoning.ts';
import { MOST_SERVERS, poolServers, serverCapacity, serverLimits, usersPerServer } from './sizing.ts';

const WIDTH = 118;

export function describePlan(plan: Plan): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['Why', why(plan)],
    ['Devices', devices(plan)],
    ['What a server carries', capacity(plan)],
    ['Servers', plan.places.map((place) => servers(plan, place))],
    ['Connections to the mail system', plan.places.map(({ name, nat }) => `${name}: ${nat.arithmetic}`)],
    ['Homes', homes(plan)],
    ['Round trips', plan.places.flatMap((place) => roundTrips(place))],
    ['Availability of a user', availability(plan)],
    ['Cost a month', cost(plan)],
    ['Rejected', rejected(plan)],
    ['Mind', plan.warnings],
    ['Before it is deployed', next(plan)],
  ];
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${title}\n${lines.map((it) => indented(it)).join('\n')}`);
  return `${[wrapped(headline(plan), ''), ...body].join('\n\n')}\n`;
}

export function headline(plan: Plan): string {
  const { places, availability: share, usdPerMonth } = plan;
  const where = listed(places.map(({ name, region }) => `${name} (${region})`));
  const size = plan.kind === 'pool' ? ` of ${listed(places.map(({ now }) => counted(now.servers, 'server')))}` : '';
  return `The plan: ${titleOf({ ...plan, missed: [] })}${size} in ${where}, ${usd(usdPerMonth)} a month, ${percent(share)} available.`;
}

/** Long lines go on under their beginning; those of a table stay as they are. */
const indented = (line: string): string =>
  line.startsWith('| ') ? `  ${line.slice(2)}` : `  ${wrapped(line, '    ')}`;

function wrapped(line: string, next: string): string {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join(`\n${next}`);
}

function why({ kind, needs, places, alternatives }: Plan): readonly string[] {
  const alone = `A server alone: it carries all devices of its mail system, and ${needs.availabilityPercent} % of the time is met though it is away while it restarts or is upgraded. Nothing is simpler.`;
  const missing = alternatives.find((it) => it.kind === 'standalone')?.because ?? [];
  const pool = `A pool, of which any server and any zone may be lost. A server alone is not enough: ${missing.join('; ')}.`;
  const cause =
    needs.mailSystems.length > 1
      ? 'each mail system has servers of its own near it'
      : needs.deviceRoundTripMs === undefined
        ? `a pool of ${MOST_SERVERS} servers, which is the most, or NAT with ${MOST_NAT_ADDRESSES} addresses a gateway, carries no more`
        : `devices may be ${number(needs.deviceRoundTripMs)} ms away at most`;
  return [
    kind === 'pool' ? pool : alone,
    places.length > 1
      ? `${counted(places.length, 'place')}, since ${cause}. Each user is served by one of them.`
      : onePlace(places),
  ];
}

function onePlace([place]: readonly PlacePlan[]): string {
  const ms = place === undefined ? 0 : mailRoundTrip(place.mailSystem, place.region);
  const asks = 'servers ask it several times for each time that a device asks them';
  return ms <= MAIL_WARNING_MS
    ? `One place, near the mail system: ${asks}.`
    : `One place, ${number(ms)} ms away from the mail system: of the regions that servers may be in it needs the fewest servers, and of those users wait the least; ${asks}.`;
}

function devices({ needs, places }: Plan): readonly string[] {
  const { devicesPerUser, growthPercentPerYear: growth, horizonYears } = needs;
  return places.flatMap(({ name, sites, now, atHorizon }) => {
    const sum = sites.map(({ name: site, users }) => `${site} ${number(users)}`).join(' + ');
    const then = sites
      .map(
        (site) => `${number(site.users)} × (1 + ${growth} ÷ 100)^${horizonYears} = ${number(grown(site.users, needs))}`,
      )
      .join(', ');
    return [
      `${name}: ${sum} = ${counted(now.users, 'user')} × ${devicesPerUser} = ${counted(now.devices, 'device')} today`,
      ...(growth === 0 || horizonYears === 0
        ? []
        : [
            `${name} in ${counted(horizonYears, 'year')}: ${then}; together ${counted(atHorizon.users, 'user')} × ${devicesPerUser} = ${counted(atHorizon.devices, 'device')}`,
          ]),
    ];
  });
}

function capacity({ needs }: Plan): readonly string[] {
  const told = ({ value, what, bench }: Figure) =>
    `${number(value)} ${what} (${bench === undefined ? 'assumed' : bench})`;
  return [
    ...serverLimits(needs.devicesPerUser).map(
      ({ what, arithmetic, devices: most }) => `${what}: ${arithmetic}: ${counted(most, 'device')}`,
    ),
    `The least of these: ${counted(serverCapacity(needs.devicesPerUser), 'device')} a server`,
    ...Object.values<Figure>(MEASURED).map((it) => `· ${told(it)}`),
    ...Object.values<Figure>(ASSUMED).map((it) => `· ${told(it)}`),
  ];
}

function servers({ kind, needs }: Plan, { name, zones, now, atHorizon }: PlacePlan): string {
  const carried = serverCapacity(needs.devicesPerUser);
  if (kind === 'standalone')
    return `${name}: 1 server; ${counted(atHorizon.devices, 'device')} at the most, of ${number(carried)}`;
  const sum = ({ devices: all }: Load) => poolServers(all, zones.length, carried).arithmetic;
  const then = atHorizon.servers === now.servers ? 'as many' : sum(atHorizon);
  const mean = usersPerServer(zones.length, carried, needs.devicesPerUser);
  return `${name}: ${sum(now)}; at the horizon ${then}. AWS adds one beyond ${number(carried)} × ${zones.length - 1} ÷ ${zones.length} ÷ ${needs.devicesPerUser} = ${counted(mean, 'user')} a server`;
}

function homes({ kind, needs, places, geography }: Plan): readonly string[] {
  if (kind !== 'pool' || places.length < 2) return [];
  const hosts = places.map((place) => hostOf(needs, places, place));
  if (!geography)
    return [
      `Each pool has a name of its own (${listed(hosts)}), and its users are given that: a pool takes the passwords of its own mail system alone, so that no one name could lead to all.`,
    ];
  const { authority, failOverTo } = geography;
  const heirs = failOverTo.flatMap((heir, at) => `${places[at]?.name ?? ''} to ${places[heir]?.name ?? ''}`);
  return [
    `Phones are given ${needs.domain}, which leads to the nearest pool; whoever is at home in another is sent there. Homes are written in ${places[authority]?.name ?? ''}, where most users are.`,
    heirs.length > 0
      ? `${needs.availabilityPercent} % is asked for, and from ${FAIL_OVER_FROM_PERCENT} % on a region that is lost for a day is too much: each pool's table has a replica, and its users can fail over (${listed(heirs)}); the most servers of a pool are enough for both.`
      : `The users of a region that is lost wait until it is back: from availabilityPercent ${FAIL_OVER_FROM_PERCENT} on each pool's table would have a replica in another.`,
  ];
}

function roundTrips({ name, region, mailSystem, sites }: PlacePlan): readonly string[] {
  const mail = mailRoundTrip(mailSystem, region);
  const trips = ASSUMED.mailRoundTripsPerSync.value;
  const store = ASSUMED.storeRoundTripMs.value;
  const directory = directoryRoundTrip(mailSystem, region);
  return [
    `${name} to ${mailSystem.name}: ${number(mail)} ms${isMeasured(mailSystem, region) ? '' : ', estimated by distance'}${directory === undefined ? '' : `; to the directory: ${number(directory)} ms`}; to the store: ${store} ms`,
    ...sites.map((site) => {
      const device = deviceRoundTrip(site, region);
      return `${site.name}: ${number(device)} ms to ${name}; a Sync that brings something: ${number(device)} + ${trips} × ${number(mail)} + ${store} = ${number(syncMs(device, mail))} ms`;
    }),
  ];
}

function availability({ kind, needs, availability: share }: Plan): readonly string[] {
  const lost = losses(kind);
  const sum = lost.reduce((all, it) => all + it.share, 0);
  return [
    ...lost.map(({ what, arithmetic, share: part }) => `${what}: ${arithmetic} = ${part.toFixed(8)}`),
    `together 1 − ${sum.toFixed(8)} = ${percent(share)}, away ${number(Number(hoursAwayAYear(share).toFixed(2)))} hours a year; asked for: ${needs.availabilityPercent} %. The mail system's own outages are not in it.`,
  ];
}

function cost({ places, usdPerMonth, usdPerMonthAtHorizon, needs }: Plan): readonly string[] {
  const bills = places.flatMap(({ name, now }) => [
    `${name}, ${counted(now.devices, 'device')}:`,
    ...aligned(now.costs),
    `| ${' '.repeat(4)}together ${usd(sumOf(now.costs))}`,
  ]);
  const budget = needs.budgetUsdPerMonth === undefined ? '' : `; the budget is ${usd(needs.budgetUsdPerMonth)}`;
  return [
    ...bills,
    `All places: ${places.map(({ now }) => usd(sumOf(now.costs))).join(' + ')} = ${usd(usdPerMonth)} today, ${usd(usdPerMonthAtHorizon)} at the horizon${budget}.`,
    `Prices of ${PRICES_OF} in US East; other regions are up to half dearer. docs/costs.md has each with its source.`,
  ];
}

function aligned(lines: readonly CostLine[]): readonly string[] {
  const widest = (texts: readonly string[]) => Math.max(...texts.map(({ length }) => length));
  const items = widest(lines.map(({ item }) => item));
  const sums = widest(lines.map(({ arithmetic }) => arithmetic));
  return lines.map(
    ({ item, arithmetic, usdPerMonth }) =>
      `| ${' '.repeat(4)}${item.padEnd(items)}  ${arithmetic.padEnd(sums)}  ${usd(usdPerMonth).padStart(10)}`,
  );
}

const rejected = ({ alternatives }: Plan): readonly string[] =>
  alternatives.map(
    ({ what, servers: all, usdPerMonth, availability: share, because }) =>
      `${what}: ${counted(all, 'server')}, ${usd(usdPerMonth)} a month at the horizon, ${percent(share)}: ${because.join('; ')}`,
  );

/** What the caravan.json of the plan names. */
const checked = ({ mailSystems }: Needs): readonly string[] => [
  'the mail system',
  ...(mailSystems.some(({ davUrl }) => davUrl !== undefined) ? ['calendars'] : []),
  ...(mailSystems.some(({ directoryUrl }) => directoryUrl !== undefined) ? ['the directory'] : []),
];

function unnamed({ mailSystems }: Needs): string {
  const missing = [
    ...(mailSystems.every(({ davUrl }) => davUrl !== undefined) ? [] : ['calendars and contacts (davUrl)']),
    ...(mailSystems.every(({ directoryUrl }) => directoryUrl !== undefined)
      ? []
      : ['a directory (directoryUrl, directoryBaseDn)']),
  ];
  return missing.length === 0 ? '' : ` Not named in the file, and so not in it: ${listed(missing)}.`;
}

function next({ places, geography, needs }: Plan): readonly string[] {
  const all = places.flatMap(({ zones }) => zones);
  return [
    `caravan plan FILE --write caravan.json writes what is deployed. In it, put the ARN of your certificate in place of each ${CERTIFICATE_TO_FILL_IN}${geography ? ` (each bears its pool's own name and ${needs.domain})` : ''}, and see that your account has the zones ${all.join(', ')}.`,
    `caravan plan check caravan.json connects to ${listed(checked(needs))} and says what will not work; run it in each region.${unnamed(needs)}`,
    'docs/topologies.md tells how to build this, and how to get from it to the next.',
  ];
}
