/** What follows from what was written: names, and which kind of network it is. */
import type { NetworkTopology, ParsedTopology, Topology } from './topology.ts';

type ParsedPlace = ParsedTopology['pools'][number] | ParsedTopology['standalone'][number];

export function completeTopology(parsed: ParsedTopology): Topology {
  const isAlone = parsed.pools.length + parsed.standalone.length === 1;
  const complete = <Place extends ParsedPlace>(place: Place) => ({
    ...place,
    id: `${parsed.name}-${place.name}`,
    host: place.host ?? (isAlone ? parsed.domain : `${place.name}.${parsed.domain}`),
    network: networkOf(place),
  });
  return freeze({ ...parsed, pools: parsed.pools.map(complete), standalone: parsed.standalone.map(complete) });
}

function networkOf({ network: { cidr, egress, vpc, publicSubnets, privateSubnets } }: ParsedPlace): NetworkTopology {
  if (vpc === undefined) return { kind: 'new', cidr, egress: egress ?? 'nat' };
  return { kind: 'existing', cidr, vpc, publicSubnets: publicSubnets ?? [], privateSubnets: privateSubnets ?? [] };
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
