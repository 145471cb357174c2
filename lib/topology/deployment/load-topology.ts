/** Reads `caravan.json`, checks it as a whole, and completes it. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../../platform/index.ts';
import { closestName } from '../closest-name.ts';
import { expectedOf } from '../configuration-draft.ts';
import { endOfJson } from '../end-of-json.ts';
import type { ConfigurationProblem } from '../errors.ts';
import { checkTopology } from './check-topology.ts';
import { completeTopology } from './complete-topology.ts';
import { TopologyError } from './errors.ts';
import { REGIONS } from './regions.ts';
import { type Topology, topologySchema } from './topology.ts';
import { topologySettings } from './topology-settings.ts';

const LONGEST_VALUE = 80;

/** Throws TopologyError with every problem. */
export function loadTopology(file: string): Topology {
  const origin = `file ${file}`;
  let written: string;
  try {
    written = readFileSync(resolve(file), 'utf8');
  } catch (thrown) {
    throw new TopologyError(
      [{ key: file, origin: reasonOf(thrown), value: undefined, expected: 'a file that can be read' }],
      thrown,
    );
  }
  try {
    return parseTopology(JSON.parse(written.replace(/^\uFEFF/, '')), origin);
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    const expected = `JSON, which ends at ${endOfJson(written)}`;
    throw new TopologyError([{ key: 'The whole content', origin, value: undefined, expected }], thrown);
  }
}

/** `origin` is told in errors: `file caravan.json`. Throws TopologyError with every problem. */
export function parseTopology(content: unknown, origin: string): Topology {
  const parsed = topologySchema.safeParse(content);
  if (parsed.error) throw new TopologyError(parsed.error.issues.flatMap((issue) => problemsOf(issue, content, origin)));
  const topology = completeTopology(parsed.data);
  const problems = checkTopology(topology, origin);
  if (problems.length > 0) throw new TopologyError(problems);
  return topology;
}

function problemsOf(issue: z.core.$ZodIssue, content: unknown, origin: string): ConfigurationProblem[] {
  const section = generalKey(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      key: writtenKey([...issue.path, name]),
      origin,
      value: undefined,
      expected: expectedOf('a setting that exists', closestName(name, namesIn(section))),
    }));
  }
  const value = valueAt(content, issue.path);
  const setting = topologySettings().find(({ key }) => key === section);
  const key = issue.path.length === 0 ? 'The whole content' : writtenKey(issue.path);
  const suggestion = section.endsWith('.region') && typeof value === 'string' ? closestName(value, REGIONS) : undefined;
  const expected = setting?.expected ?? `a section with ${[...namesIn(section)].join(', ')}`;
  return [
    {
      key: value === undefined ? `${key} is not set` : key,
      origin,
      value: value === undefined ? undefined : shown(value),
      expected: expectedOf(expected, suggestion),
    },
  ];
}

function namesIn(section: string): ReadonlySet<string> {
  const prefix = section === '' ? '' : `${section}.`;
  const keys = topologySettings().map(({ key }) => key);
  const within = keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  return new Set(within.map((key) => key.split(/[.[]/)[0] ?? ''));
}

function valueAt(content: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined,
    content,
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

/** `pools[0].region` */
const writtenKey = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (key, name) =>
      typeof name === 'number' ? `${key}[${name}]` : key === '' ? String(name) : `${key}.${String(name)}`,
    '',
  );

/** `pools[].region`; what stands in a list of plain values, or in a section with free names, is told of as that. */
function generalKey(path: readonly PropertyKey[]): string {
  const key = writtenKey(path).replaceAll(/\[\d+\]/g, '[]');
  const list = /^(.*\.(?:zones|publicSubnets|privateSubnets))\[\]$/.exec(key)?.[1];
  const free = /^(.*\.settings|tags)\./.exec(key)?.[1];
  return list ?? free ?? key;
}
