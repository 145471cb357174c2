/** Reads `caravan.json`, checks it as a whole, and completes it. */
import { readJson, schemaProblems } from '../schema-problems.ts';
import { checkHosts } from './check-hosts.ts';
import { checkTopology } from './check-topology.ts';
import { completeTopology } from './complete-topology.ts';
import { TopologyError } from '../errors.ts';
import { type Topology, topologySchema } from './topology.ts';
import { topologySettings } from './topology-settings.ts';

/** Throws TopologyError with every problem. */
export function loadTopology(file: string): Topology {
  const content = readJson(file, (problems, cause) => new TopologyError(problems, cause));
  return parseTopology(content, `file ${file}`);
}

/** `origin` is told in errors: `file caravan.json`. Throws TopologyError with every problem. */
export function parseTopology(content: unknown, origin: string): Topology {
  const parsed = topologySchema.safeParse(content);
  if (parsed.error) throw new TopologyError(schemaProblems(parsed.error, content, origin, topologySettings()));
  const topology = completeTopology(parsed.data);
  const problems = [...checkHosts(parsed.data, origin), ...checkTopology(topology, origin)];
  if (problems.length > 0) throw new TopologyError(problems);
  return topology;
}
