/**
 * The order of a run's files: those known to take longest begin first, so that no lane works on for minutes when the others have
 * nothing left. A fresh clone has no times of an earlier run, and vitest goes by the size of a file, which says nothing here.
 */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Longest first, by the line `Slowest:` of whole runs; those that mostly wait between those that mostly reckon. */
export const LONG: readonly string[] = [
  'simulation/whole/whole-simulation',
  'fault/kill-at-answers',
  'simulation/homes/homes-simulation',
  'fault/pool/cut',
  'cli/bad-input',
  'fault/pool/drain',
  'stacks/examples.linted',
  'end-to-end/cyrus',
  'end-to-end/dovecot-radicale',
  'emulator/deployment',
  'growth/join',
  'end-to-end/folders',
  'fault/pool/calendars',
  'homes/three-pools',
  'fault/kill-under-load',
  'fault/pool/freeze',
  'end-to-end/notes-limits-directory',
  'fault/pool/kill',
  'simulation/pool/pool-simulation',
  'fault/lost-answers',
  'simulation/growth/growth-simulation',
  'load-balancers/balancers',
  'simulation/whole/mutations',
  'fault/outbox',
  'fault/mail-system-away',
];

/** Of a path; those that are not known come last, in whatever order they had. */
export function rankOf(path: string): number {
  const at = LONG.findIndex((it) => path.includes(`/test/${it}.`));
  return at < 0 ? LONG.length : at;
}

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => rankOf(a.moduleId) - rankOf(b.moduleId));
  }
}
