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

/** A file of settings cannot be used; every problem of it is told at once, a sentence each. */
class ProblemsError extends CaravanError {
  readonly problems: readonly ConfigurationProblem[];

  constructor(
    told: { readonly code: string; readonly what: string; readonly remedy: string },
    problems: readonly ConfigurationProblem[],
    cause: unknown,
  ) {
    super({ ...told, why: problems.map(sentenceOf).join('; '), cause });
    this.problems = problems;
  }
}

/** A server's configuration. */
export class ConfigurationError extends ProblemsError {
  override readonly name = 'ConfigurationError';
  declare readonly code: 'invalid-configuration';

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    const remedy = 'Correct it and start again; docs/configuration.md tells every setting.';
    super({ code: 'invalid-configuration', what: 'The configuration is not valid', remedy }, problems, cause);
  }
}

/** What is to be deployed: `caravan.json`. */
export class TopologyError extends ProblemsError {
  override readonly name = 'TopologyError';
  declare readonly code: 'invalid-topology';

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    const remedy = 'Correct the file and synthesize again; docs/deploy.md tells what may stand in it.';
    super({ code: 'invalid-topology', what: 'The topology is not valid', remedy }, problems, cause);
  }
}

/** What is to be planned. */
export class NeedsError extends ProblemsError {
  override readonly name = 'NeedsError';
  declare readonly code: 'invalid-plan-file';

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    const remedy = 'Correct it and plan again; docs/plan-json.md tells what may stand in it.';
    super({ code: 'invalid-plan-file', what: 'The file to plan with is not valid', remedy }, problems, cause);
  }
}

function sentenceOf({ key, origin, value, expected }: ConfigurationProblem): string {
  const subject = value === undefined ? key : `${key} is ${value}`;
  return `${subject} (${origin}), expected ${expected}`;
}
