/** What `caravan plan check` looks at: the places of a caravan.json, or the one server of its settings. */
import { readFileSync } from 'node:fs';
import {
  type Configuration,
  loadConfiguration,
  loadTopology,
  placeConfiguration,
  type Topology,
} from '../../topology/index.ts';
import { CliError } from '../errors.ts';

export interface ToCheck {
  readonly place: string;
  readonly configuration: Configuration;
  /** Those of a deployment are in the cloud. */
  readonly areSecretsKnown: boolean;
  /** The name that phones are given. */
  readonly host: string | undefined;
}

/** Throws ConfigurationError, TopologyError, or CliError for the file of a plan. */
export function readChecked(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly ToCheck[] {
  const content = objectIn(file);
  if (content !== undefined && 'mailSystems' in content && 'sites' in content)
    throw new CliError(
      'bad-option',
      `${file} is what \`caravan plan\` plans with, and names nothing to connect to yet`,
      `Write the deployment first: \`caravan plan ${file} --write caravan.json\`; then \`caravan plan check caravan.json\`.`,
    );
  if (content === undefined || !('mail' in content)) return placesOf(loadTopology(file));
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

/**
 * The settings of a server have a section `mail` at their top, what a plan is made of has sites; what is neither is complained of as a
 * caravan.json.
 */
function objectIn(file: string): object | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    return typeof content === 'object' && content !== null ? content : undefined;
  } catch {
    return undefined;
  }
}
