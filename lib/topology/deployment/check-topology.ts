/** What no single setting can tell: settings of `caravan.json` that must fit each other, and the servers that come of them. */
import { ConfigurationError, type ConfigurationProblem } from '../errors.ts';
import { doOverlap, isPrivate, parseRange } from './network-range.ts';
import { placeConfiguration } from './place-configuration.ts';
import { serverEnvironment } from './server-environment.ts';
import type { PlaceTopology, PoolTopology, Topology } from './topology.ts';

const SHORTEST_PREFIX = 16;
const LONGEST_PREFIX = 22;
const NAME_OF_ITS_OWN = 'a name of its own: with geography `domain` leads to all pools';
/** An Application Load Balancer wants two. */
const LEAST_ZONES = 2;

type Problem = (key: string, value: string | number | boolean | undefined, expected: string) => void;

interface Place {
  /** `pools[0]` */
  readonly key: string;
  readonly place: PlaceTopology;
}

export function checkTopology(topology: Topology, origin: string): ConfigurationProblem[] {
  const problems: ConfigurationProblem[] = [];
  const problem: Problem = (key, value, expected) => {
    const isMissing = value === undefined;
    const told = isMissing ? undefined : JSON.stringify(value);
    problems.push({ key: isMissing ? `${key} is not set` : key, origin, value: told, expected });
  };
  const places = [
    ...topology.pools.map((place, index) => ({ key: `pools[${index}]`, place })),
    ...topology.standalone.map((place, index) => ({ key: `standalone[${index}]`, place })),
  ];
  if (places.length === 0) problem('pools', undefined, 'at least one pool, or one standalone server');
  for (const place of places) checkPlace(place, topology, problem);
  for (const [index, pool] of topology.pools.entries()) checkPool(`pools[${index}]`, pool, problem);
  checkGeography(topology, problem);
  checkUnique(places, problem);
  checkOverlap(places, problem);
  // Of a file that is wrong elsewhere, the servers would complain of the same a second time.
  if (problems.length === 0) for (const place of places) checkSettings(place, topology, problem);
  return problems;
}

function checkPlace({ key, place }: Place, topology: Topology, problem: Problem): void {
  const { region, zones, certificate, host } = place;
  const strange = zones.find((zone) => !(zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))));
  if (strange !== undefined) problem(`${key}.zones`, strange, `zones of ${region} such as '${region}a'`);
  else if (zones.length < LEAST_ZONES || new Set(zones).size < zones.length)
    problem(`${key}.zones`, zones.join(', '), 'two zones or more, each once: a zone that fails leaves the others');
  const [, , , certificateRegion, certificateAccount] = certificate.split(':');
  if (certificateRegion !== region)
    problem(`${key}.certificate`, certificate, `a certificate in ${region}, where the load balancer is`);
  else if (topology.account !== undefined && certificateAccount !== topology.account)
    problem(`${key}.certificate`, certificate, `a certificate of the account ${topology.account}`);
  const zone = topology.hostedZone?.name;
  if (zone !== undefined && host !== zone && !host.endsWith(`.${zone}`))
    problem(`${key}.host`, host, `a name within the hosted zone, ${zone}`);
  const mailDomain = place.mail.domain.toLowerCase();
  if (place.autodiscover && (zone === undefined || (mailDomain !== zone && !mailDomain.endsWith(`.${zone}`))))
    problem(`${key}.autodiscover`, true, `hostedZone to be the zone of ${mailDomain}, where the record is made`);
  checkNetwork(key, place, problem);
  for (const network of place.administration?.from ?? []) {
    const range = parseRange(network);
    if (range === undefined || !isPrivate(range))
      problem(`${key}.administration.from`, network, "private IPv4 networks such as '10.20.0.0/16'");
  }
  checkSecrets(key, place, problem);
}

function checkNetwork(key: string, { network, zones }: PlaceTopology, problem: Problem): void {
  const range = parseRange(network.cidr);
  const { prefixLength = 0 } = range ?? {};
  if (range === undefined || !isPrivate(range) || prefixLength < SHORTEST_PREFIX || prefixLength > LONGEST_PREFIX)
    problem(
      `${key}.network.cidr`,
      network.cidr,
      "a private IPv4 network from /16 to /22 that begins at its first address, such as '10.20.0.0/16'",
    );
  if (network.kind === 'new') {
    if (network.natAddresses > 1 && network.egress !== 'nat')
      problem(`${key}.network.natAddresses`, network.natAddresses, "egress 'nat': without there are no gateways");
    return;
  }
  for (const name of ['publicSubnets', 'privateSubnets'] as const) {
    const subnets = network[name];
    if (subnets.length !== zones.length)
      problem(`${key}.network.${name}`, subnets.length === 0 ? undefined : subnets.join(', '), 'one subnet a zone');
  }
}

/** Tasks take secrets of their own region. */
function checkSecrets(key: string, place: PlaceTopology, problem: Problem): void {
  const secrets: Readonly<Record<string, string | undefined>> = {
    'mail.master.passwordSecret': place.mail.master?.passwordSecret,
    'mail.smtp.passwordSecret': place.mail.smtp.passwordSecret,
    'canary.secret': 'canary' in place ? place.canary?.secret : undefined,
    secondKeySecret: 'secondKeySecret' in place ? place.secondKeySecret : undefined,
  };
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret !== undefined && secret.split(':')[3] !== place.region)
      problem(`${key}.${name}`, secret, `a secret in ${place.region}, where the servers are`);
  }
  const { authentication, passwordSecret, userName } = place.mail.smtp;
  if (authentication === 'account' && (userName === undefined || passwordSecret === undefined))
    problem(
      `${key}.mail.smtp.${userName === undefined ? 'userName' : 'passwordSecret'}`,
      undefined,
      "the account that authentication 'account' asks for: userName and passwordSecret",
    );
}

/** The servers are asked whether they would start: what they say is what is wrong. */
function checkSettings({ key, place }: Place, topology: Topology, problem: Problem): void {
  const { unknown } = serverEnvironment(topology, place, { table: 'the-table' });
  for (const { name, expected } of unknown)
    problem(`${key}.settings`, name, `${expected}, as docs/configuration.md tells`);
  try {
    placeConfiguration(topology, place);
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
    for (const told of thrown.problems)
      problem(`${key}.settings`, `${told.key}${told.value === undefined ? '' : `: ${told.value}`}`, told.expected);
  }
}

function checkPool(key: string, { size }: PoolTopology, problem: Problem): void {
  if (size.max < size.min) problem(`${key}.size.max`, size.max, `at least size.min, which is ${size.min}`);
}

function checkGeography({ geography, pools, standalone, domain, hostedZone }: Topology, problem: Problem): void {
  for (const [index, { name, failOverTo }] of pools.entries()) {
    if (failOverTo === undefined) continue;
    const others = pools.filter((it) => it.name !== name).map((it) => it.name);
    if (!geography)
      problem(`pools[${index}].failOverTo`, failOverTo, 'geography, by which pools know the homes of users');
    else if (!others.includes(failOverTo))
      problem(`pools[${index}].failOverTo`, failOverTo, `another of the pools: ${others.join(', ')}`);
  }
  if (!geography) return;
  const authority = pools.find(({ name }) => name === geography.authority);
  if (pools.length < 2) problem('geography', undefined, 'pools in several regions, or no geography');
  if (!authority)
    problem(
      'geography.authority',
      geography.authority,
      `one of the pools: ${pools.map(({ name }) => name).join(', ')}`,
    );
  for (const [index, { region, host, network }] of pools.entries()) {
    if (authority && region !== authority.region && network.kind === 'new' && network.egress === 'endpoints')
      problem(
        `pools[${index}].network.egress`,
        network.egress,
        `'nat': its servers write homes in ${authority.region}, and endpoints lead to services of their own region`,
      );
    if (pools.slice(0, index).some((it) => it.region === region))
      problem(`pools[${index}].region`, region, 'with geography one pool a region: phones are sent to the nearest');
    if (host === domain) problem(`pools[${index}].host`, host, NAME_OF_ITS_OWN);
  }
  for (const [index, { host }] of standalone.entries())
    if (host === domain) problem(`standalone[${index}].host`, host, NAME_OF_ITS_OWN);
  const zone = hostedZone?.name;
  if (zone !== undefined && domain !== zone && !domain.endsWith(`.${zone}`))
    problem('domain', domain, `a name within the hosted zone, ${zone}`);
}

function checkUnique(places: readonly Place[], problem: Problem): void {
  for (const [index, { key, place }] of places.entries()) {
    const before = places.slice(0, index);
    const sameName = before.find((it) => it.place.name === place.name);
    if (sameName) problem(`${key}.name`, place.name, `another name than that of ${sameName.key}`);
    const sameHost = before.find((it) => it.place.host === place.host);
    if (sameHost && !sameName) problem(`${key}.host`, place.host, `another host than that of ${sameHost.key}`);
    const domain = place.mail.domain.toLowerCase();
    const sameRecord = before.find((it) => it.place.autodiscover && it.place.mail.domain.toLowerCase() === domain);
    if (place.autodiscover && sameRecord)
      problem(`${key}.autodiscover`, true, `false: autodiscover.${domain} leads to ${sameRecord.key} already`);
  }
}

/** Networks that overlap can never be connected, with each other or with the mail system that both use. */
function checkOverlap(places: readonly Place[], problem: Problem): void {
  for (const [index, { key, place }] of places.entries()) {
    const range = parseRange(place.network.cidr);
    const other = places.slice(0, index).find((it) => {
      const theirs = parseRange(it.place.network.cidr);
      const isSame = place.network.kind === 'existing' && it.place.network.kind === 'existing';
      return !isSame && range !== undefined && theirs !== undefined && doOverlap(range, theirs);
    });
    if (other)
      problem(
        `${key}.network.cidr`,
        place.network.cidr,
        `a network that does not overlap with ${other.place.network.cidr} of ${other.key}`,
      );
  }
}
