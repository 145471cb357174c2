import { CaravanError } from '../platform/index.ts';

/** One thing that is wrong with the configuration. */
export interface ConfigurationProblem {
  /** The setting's path (`listen.port`), or what was written in its place. */
  readonly key: string;
  /** Where it came from: `file /etc/caravan-server.json`, `environment variable CARAVAN_LISTEN_PORT`, `flag --listen-port`, `default`. */
  readonly origin: string;
  /** What stands there, as JSON; undefined for secrets, and where nothing does. */
  readonly value: string | undefined;
  readonly expected: string;
}

/** The configuration cannot be used; every problem of it is told at once. */
export class ConfigurationError extends CaravanError {
  declare readonly code: 'invalid-configuration';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    super({
      code: 'invalid-configuration',
      what: 'The configuration is not valid',
      why: problems.map(sentenceOf).join('; '),
      remedy: 'Correct it and start again; docs/configuration.md tells every setting.',
      cause,
    });
    this.problems = problems;
  }
}

export function sentenceOf({ key, origin, value, expected }: ConfigurationProblem): string {
  const subject = value === undefined ? key : `${key} is ${value}`;
  return `${subject} (${origin}), expected ${expected}`;
}
