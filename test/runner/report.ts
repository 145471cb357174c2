/** Reads vitest's JSON report. */
import { join } from 'node:path';

/** Where a run of everything leaves it. */
export const REPORT_FILE = join(import.meta.dirname, '../../reports/tests.json');

interface Assertion {
  readonly status: string;
  readonly fullName: string;
}

/** The part of the report that is used. */
export interface VitestReport {
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    /** Milliseconds since the epoch. */
    readonly startTime?: number;
    readonly endTime?: number;
    readonly assertionResults: readonly Assertion[];
  }[];
}

export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of what was skipped. */
  readonly skippedNames: readonly string[];
  /** Names of what failed. */
  readonly failedNames: readonly string[];
}

/** A file that failed without a failed test (it could not be loaded, or a hook failed) counts as one failure. */
export function summarize(report: VitestReport): Summary {
  const failedNames: string[] = [];
  const skippedNames: string[] = [];
  let passed = 0;
  for (const file of report.testResults) {
    const failuresBefore = failedNames.length;
    for (const { status, fullName } of file.assertionResults) {
      if (status === 'passed') passed += 1;
      else if (status === 'failed') failedNames.push(`${file.name}: ${fullName}`);
      else skippedNames.push(fullName);
    }
    if (file.status === 'failed' && failedNames.length === failuresBefore)
      failedNames.push(`${file.name}: the file itself`);
  }
  // What vitest holds against the run as a whole: an error outside any test, say.
  if (!report.success && failedNames.length === 0) failedNames.push('the run as a whole: see the errors above');
  return { passed, failed: failedNames.length, skipped: skippedNames.length, skippedNames, failedNames };
}

/** `path 31 s` of the `count` that took longest, longest first. */
export function slowestFiles({ testResults }: VitestReport, count: number): readonly string[] {
  return testResults
    .map(({ name, startTime = 0, endTime = 0 }) => ({ name, tookMs: endTime - startTime }))
    .toSorted((a, b) => b.tookMs - a.tookMs)
    .slice(0, count)
    .map(({ name, tookMs }) => `${name} ${Math.round(tookMs / 1_000)} s`);
}

/** Their paths. */
export const filesThatFailed = ({ testResults }: VitestReport): readonly string[] =>
  testResults.filter((it) => it.status === 'failed').map((it) => it.name);

/** What `again` says of files stands in the place of what was said of them before; without a report nothing changes. */
export function withResultsOf(report: VitestReport, again: VitestReport | undefined): VitestReport {
  if (!again) return report;
  const newer = new Map(again.testResults.map((it) => [it.name, it]));
  const testResults = report.testResults.map((it) => newer.get(it.name) ?? it);
  return { success: again.success && testResults.every((it) => it.status !== 'failed'), testResults };
}

/** `812 passed, 0 failed, 3 skipped` */
export function lastLine({ passed, failed, skipped }: Summary): string {
  const skippedPart = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${passed} passed, ${failed} failed${skippedPart}`;
}
