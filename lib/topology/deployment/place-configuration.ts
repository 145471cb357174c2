/** The settings that the servers of a place are started with, as far as they are known outside of the cloud. */
import type { Configuration } from '../configuration.ts';
import { loadConfiguration } from '../load-configuration.ts';
import { serverEnvironment } from './server-environment.ts';
import type { PlaceTopology, Topology } from './topology.ts';

/** Where no configuration file of this machine's can be. */
const NOWHERE = '/dev/null';
/** Stands for each secret: none of them is in the file. */
const ANY_SECRET = 'a secret that is known in the cloud alone';

/** Throws ConfigurationError with every problem. */
export function placeConfiguration(topology: Topology, place: PlaceTopology): Configuration {
  const { variables, secrets } = serverEnvironment(topology, place, { table: 'the-table' });
  const known = Object.fromEntries(Object.keys(secrets).map((name) => [name, ANY_SECRET]));
  const poolKey = 'size' in place ? { CARAVAN_POOL_KEY: ANY_SECRET } : {};
  return loadConfiguration({ environment: { ...variables, ...known, ...poolKey }, directory: NOWHERE });
}
