/** What follows from what was written: names, and which kind of network it is. */
import type { NetworkTopology, ParsedTopology, Topology } from './topology.ts';

type ParsedPlace = ParsedTopology['pools'][number] | ParsedTopology['standalone'][number];

export const isAlone = ({ pools, standalone }: Pick<ParsedTopology, 'pools' | 'standalone'>): boolean =>
  pools.length + standalone.length === 1;

/** Where several places have no `host`, one is made up, for checks alone: checkHosts refuses them. */
export function completeTopology(parsed: ParsedTopology): Topology {
  const complete = <Place extends ParsedPlace>(place: Place) => ({
    ...place,
    id: `${parsed.name}-${place.name}`,
    host: place.host ?? (isAlone(parsed) && !parsed.geography ? parsed.domain : `${place.name}.${parsed.domain}`),
    network: networkOf(place),
  });
  return freeze({ ...parsed, pools: parsed.pools.map(complete), standalone: parsed.standalone.map(complete) });
}

function networkOf({
  network: { cidr, egress, natAddresses, vpc, publicSubnets, privateSubnets },
}: ParsedPlace): NetworkTopology {
  if (vpc === undefined) return { kind: 'new', cidr, egress: egress ?? 'nat', natAddresses: natAddresses ?? 1 };
  return { kind: 'existing', cidr, vpc, publicSubnets: publicSubnets ?? [], privateSubnets: privateSubnets ?? [] };
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
