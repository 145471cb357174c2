/** Files of settings, read and checked against their schema: each problem names the setting, its value and what was expected. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../platform/index.ts';
import { closestName } from './closest-name.ts';
import { expectedOf } from './configuration-draft.ts';
import { REGIONS } from './deployment/regions.ts';
import { endOfJson } from './end-of-json.ts';
import type { ConfigurationProblem } from './errors.ts';
import type { SchemaSetting } from './schema-settings.ts';

const LONGEST_VALUE = 80;

export type Complain = (problems: readonly ConfigurationProblem[], cause?: unknown) => Error;

/** The content of a JSON file; throws what `complain` makes of a file that cannot be read or is no JSON. */
export function readJson(file: string, complain: Complain): unknown {
  const origin = `file ${file}`;
  let written: string;
  try {
    written = readFileSync(resolve(file), 'utf8');
  } catch (thrown) {
    const expected = 'a file that can be read';
    throw complain([{ key: file, origin: reasonOf(thrown), value: undefined, expected }], thrown);
  }
  try {
    return JSON.parse(written.replace(/^\uFEFF/, ''));
  } catch (thrown) {
    const expected = `JSON, which ends at ${endOfJson(written)}`;
    throw complain([{ key: 'The whole content', origin, value: undefined, expected }], thrown);
  }
}

/** What is wrong, in terms of the settings; none for content that the schema takes. */
export function schemaProblems(
  error: z.ZodError,
  content: unknown,
  origin: string,
  settings: readonly SchemaSetting[],
): readonly ConfigurationProblem[] {
  return error.issues.flatMap((issue) => problemsOf(issue, content, origin, settings));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  content: unknown,
  origin: string,
  settings: readonly SchemaSetting[],
): ConfigurationProblem[] {
  const section = generalKey(issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => ({
      key: writtenKey([...issue.path, name]),
      origin,
      value: undefined,
      expected: expectedOf('a setting that exists', closestName(name, namesIn(section, settings))),
    }));
  }
  const value = valueAt(content, issue.path);
  const setting = settings.find(({ key }) => key === section);
  const key = issue.path.length === 0 ? 'The whole content' : writtenKey(issue.path);
  const suggestion =
    /(^|[.])region(s\[\])?$/.test(section) && typeof value === 'string' ? closestName(value, REGIONS) : undefined;
  const expected = setting?.expected ?? `a section with ${[...namesIn(section, settings)].join(', ')}`;
  return [
    {
      key: value === undefined ? `${key} is not set` : key,
      origin,
      value: value === undefined ? undefined : shown(value),
      expected: expectedOf(expected, suggestion),
    },
  ];
}

function namesIn(section: string, settings: readonly SchemaSetting[]): ReadonlySet<string> {
  const prefix = section === '' ? '' : `${section}.`;
  const keys = settings.map(({ key }) => key);
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
  const list = /^(.*\.(?:zones|publicSubnets|privateSubnets)|regions)\[\]$/.exec(key)?.[1];
  const free = /^(.*\.settings|tags|.*\.roundTripsMs)\./.exec(key)?.[1];
  return list ?? free ?? key;
}
