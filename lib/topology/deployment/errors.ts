import { CaravanError } from '../../platform/index.ts';
import type { ConfigurationProblem } from '../errors.ts';

/** The topology file cannot be used; every problem of it is told at once, a sentence each. */
export class TopologyError extends CaravanError {
  declare readonly code: 'invalid-topology';
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[], cause?: unknown) {
    super({
      code: 'invalid-topology',
      what: 'The topology is not valid',
      why: problems.map(sentenceOf).join('; '),
      remedy: 'Correct the file and synthesize again; docs/deploy.md tells what may stand in it.',
      cause,
    });
    this.problems = problems;
  }
}

function sentenceOf({ key, origin, value, expected }: ConfigurationProblem): string {
  return `${value === undefined ? key : `${key} is ${value}`} (${origin}), expected ${expected}`;
}
