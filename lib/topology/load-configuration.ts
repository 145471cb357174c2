/** Puts the configuration together from the file, the environment and the flags, and checks it once. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { reasonOf } from '../platform/index.ts';
import { endOfJson } from './end-of-json.ts';
import { checkTogether } from './check-together.ts';
import { closestName } from './closest-name.ts';
import { type Configuration, configurationSchema } from './configuration.ts';
import { ConfigurationDraft, expectedOf } from './configuration-draft.ts';
import { ConfigurationError, type ConfigurationProblem } from './errors.ts';

const DEFAULT_FILE = 'caravan-server.json';
const LONGEST_VALUE = 80;

export interface ConfigurationSources {
  /** The configuration file; default: `CARAVAN_CONFIG`, else `caravan-server.json` in the working directory, if it is there. */
  readonly file?: string | undefined;
  /** `process.env`: what begins with `CARAVAN_` counts. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** By name, as written (`listen-port`) or in camel case; undefined ones do not count. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths of the environment, the flags and the defaults begin; default: the working directory. */
  readonly directory?: string;
}

/** Flags win over the environment, that over the file, that over the defaults. Throws ConfigurationError with every problem. */
export function loadConfiguration(sources: ConfigurationSources = {}): Configuration {
  const directory = resolve(sources.directory ?? '.');
  const environment = sources.environment ?? {};
  const draft = new ConfigurationDraft();
  readFile(draft, sources.file, environment['CARAVAN_CONFIG'], directory);
  draft.addEnvironment(environment, directory);
  draft.addFlags(sources.flags ?? {}, directory);

  const parsed = configurationSchema.safeParse(draft.value);
  const problems = [...draft.problems, ...(parsed.error?.issues ?? []).flatMap((issue) => problemsOf(issue, draft))];
  if (parsed.data === undefined || problems.length > 0) throw new ConfigurationError(problems);
  const together = checkTogether(parsed.data, draft, directory);
  if (together.length > 0) throw new ConfigurationError(together);
  // checkTogether has completed what the schema leaves open.
  return freeze(parsed.data as Configuration);
}

function readFile(
  draft: ConfigurationDraft,
  named: string | undefined,
  variable: string | undefined,
  directory: string,
): void {
  const file = resolve(directory, named ?? variable ?? DEFAULT_FILE);
  if (named === undefined && variable === undefined && !existsSync(file)) return;
  const origin = `file ${file}`;
  let written: string;
  try {
    written = readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new ConfigurationError(
      [{ key: file, origin: reasonOf(thrown), value: undefined, expected: 'a file that can be read' }],
      thrown,
    );
  }
  let content: unknown;
  try {
    content = JSON.parse(written.replace(/^\uFEFF/, ''));
  } catch {
    // The parser's own message quotes the file, and there may be a password near.
    const problem = {
      key: 'The whole content',
      origin,
      value: undefined,
      expected: `JSON, which ends at ${endOfJson(written)}`,
    };
    throw new ConfigurationError([problem]);
  }
  draft.addFile(content, origin, dirname(file));
}

function problemsOf(issue: z.core.$ZodIssue, draft: ConfigurationDraft): ConfigurationProblem[] {
  const section = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const key = section === '' ? name : `${section}.${name}`;
      return { key, origin: draft.originOf(key), value: undefined, expected: expectedUnknown(section, name, draft) };
    });
  }
  // A choice between a word and a section: what is wrong within the section is told, where one was written.
  if (issue.code === 'invalid_union' && section === 'listen.tls' && typeof draft.get(section) === 'object') {
    const inner = issue.errors.at(-1) ?? [];
    return inner.flatMap((it) => problemsOf({ ...it, path: [...issue.path, ...it.path] }, draft));
  }
  return [problemOf(issue.path.map(String), draft)];
}

function problemOf(path: readonly string[], draft: ConfigurationDraft): ConfigurationProblem {
  const key = path.join('.');
  const setting = draft.settingOf(key) ?? draft.settingOf(key.slice(0, key.lastIndexOf('.')));
  const value = draft.get(path);
  const isMissing = value === undefined;
  const names = [...draft.namesIn(key)].join(', ');
  const section = names === '' ? 'what the documentation says' : `a section with ${names}`;
  const expected = key === 'mail' ? `a section with kind ('imap' or 'folders') and what belongs to it` : section;
  return {
    key: isMissing ? `${key} is not set` : key,
    origin: isMissing ? 'nowhere' : draft.originOf(key),
    value: isMissing || setting?.isSecret ? undefined : shown(value),
    expected:
      setting === undefined
        ? expected
        : isMissing && setting.key === key
          ? `${setting.expected}, in the file, as ${setting.variable} or as --${setting.flag}`
          : setting.expected,
  };
}

function expectedUnknown(section: string, name: string, draft: ConfigurationDraft): string {
  const kind = draft.get('mail.kind');
  const key = section === '' ? name : `${section}.${name}`;
  const other = draft.settings.find((setting) => setting.key === key || setting.key.startsWith(`${key}.`))?.mailKind;
  if (other !== undefined) return `mail.kind '${other}' for it, not '${String(kind)}'`;
  const suggestion =
    closestName(name, draft.namesIn(section)) ?? draft.settings.find(({ key }) => key.endsWith(`.${name}`))?.key;
  return expectedOf('a setting that exists', suggestion);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value, (name, inner: unknown) =>
    /password|secret|token$|key$/i.test(name) ? '(not shown)' : inner,
  );
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}

function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
