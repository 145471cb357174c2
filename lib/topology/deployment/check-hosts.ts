/**
 * Which places must be told their name: each, where there are several. Were it made up from how many there are, a second entry would
 * rename the first, and the record that its phones know would be taken away.
 */
import type { ConfigurationProblem } from '../errors.ts';
import { isAlone } from './complete-topology.ts';
import type { ParsedTopology } from './topology.ts';

export function checkHosts(parsed: ParsedTopology, origin: string): ConfigurationProblem[] {
  const { domain, pools, standalone, geography } = parsed;
  if (isAlone(parsed)) return [];
  // With geography phones know `domain`, whatever the names of the pools themselves are.
  const places = [
    ...(geography ? [] : pools.map(({ name, host }, index) => ({ key: `pools[${index}]`, name, host }))),
    ...standalone.map(({ name, host }, index) => ({ key: `standalone[${index}]`, name, host })),
  ];
  const known = geography
    ? ''
    : `; '${domain}' for the one that was alone in this file until now, whose phones know it`;
  return places
    .filter(({ host }) => host === undefined)
    .map(({ key, name }) => ({
      key: `${key}.host is not set`,
      origin,
      value: undefined,
      expected: `the name of each where there are several, such as '${name}.${domain}'${known}`,
    }));
}
