/** What `caravan plan check` looks at: the places of a caravan.json, or the one server of its settings. */
import { readFileSync } from 'node:fs';
import {
  type Configuration,
  loadConfiguration,
  loadTopology,
  placeConfiguration,
  type Topology,
} from '../../topology/index.ts';

export interface ToCheck {
  readonly place: string;
  readonly configuration: Configuration;
  /** Those of a deployment are in the cloud. */
  readonly areSecretsKnown: boolean;
  /** The name that phones are given. */
  readonly host: string | undefined;
}

/** Throws ConfigurationError or TopologyError. */
export function readChecked(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ToCheck[] {
  if (!isServerSettings(file)) return placesOf(loadTopology(file));
  const configuration = loadConfiguration({ file, environment });
  const host = configuration.publicUrl === undefined ? undefined : new URL(configuration.publicUrl).hostname;
  return [{ place: file, configuration, areSecretsKnown: true, host }];
}

function placesOf(topology: Topology): readonly ToCheck[] {
  return [...topology.pools, ...topology.standalone].map((place) => ({
    place: `${place.name} (${place.region})`,
    configuration: placeConfiguration(topology, place),
    areSecretsKnown: false,
    host: place.host,
  }));
}

/** The settings of a server have a section `mail` at their top; what is neither is complained of as a caravan.json. */
function isServerSettings(file: string): boolean {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    return typeof content === 'object' && content !== null && 'mail' in content;
  } catch {
    return false;
  }
}
