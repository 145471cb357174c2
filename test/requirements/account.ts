/** Which requirements of the protocol documents the tests check: from the tests' titles and how those tests went. */
import type { VitestReport } from '../runner/report.ts';
import { reasonFor } from './left-out.ts';

/** A statement that Microsoft's own suites check of a server. */
export interface Requirement {
  /** `MS-ASCMD_R123` */
  readonly id: string;
  readonly description: string;
}

export interface DocumentAccount {
  /** `MS-ASCMD` */
  readonly document: string;
  /** Cited in titles of tests that all passed. */
  readonly covered: readonly string[];
  /** Cited in the title of a test that failed. */
  readonly failing: readonly string[];
  /** Cited, by tests that were skipped alone. */
  readonly skipped: readonly string[];
  /** By reason. Empty where the requirements are not known. */
  readonly leftOut: ReadonlyMap<string, readonly string[]>;
  /** Cited in passing tests beside these: statements about clients, or that no suite of Microsoft's checks. */
  readonly beside: number;
}

const ID = /\bMS-AS[A-Z]+_R\d+\b/g;
const COLUMNS = { id: 0, description: 2, scope: 5, normative: 6, verifiedBy: 7 } as const;

/** Of a table of requirements: those of a server (scope Server or Both) that are normative and that a suite verifies. */
export function requirementsOf(tsv: string): readonly Requirement[] {
  return tsv
    .split(/\r?\n/)
    .map((line) => line.split('\t'))
    .filter(
      (it) =>
        /^(Server|Both)$/.test(it[COLUMNS.scope] ?? '') &&
        it[COLUMNS.normative] === 'Normative' &&
        /^(Test Case|Adapter)$/.test(it[COLUMNS.verifiedBy] ?? ''),
    )
    .map((it) => ({ id: it[COLUMNS.id] ?? '', description: it[COLUMNS.description] ?? '' }));
}

/** `requirements`: by document; undefined where they are not at hand, and then every id that is cited counts. */
export function accountOf(
  report: VitestReport,
  requirements: ReadonlyMap<string, readonly Requirement[]> | undefined,
): readonly DocumentAccount[] {
  const cited = { passed: new Set<string>(), failed: new Set<string>(), other: new Set<string>() };
  for (const { status, fullName } of report.testResults.flatMap((it) => it.assertionResults)) {
    const set = status === 'passed' ? cited.passed : status === 'failed' ? cited.failed : cited.other;
    for (const [id] of fullName.matchAll(ID)) set.add(id);
  }
  const all = new Set([...cited.passed, ...cited.failed, ...cited.other]);
  const documents = requirements ? [...requirements.keys()] : [...new Set([...all].map(documentOf))];
  return documents
    .toSorted((a, b) => a.localeCompare(b))
    .map((document) => {
      const known = requirements?.get(document);
      const counted = known?.map(({ id }) => id) ?? [...all].filter((id) => documentOf(id) === document);
      const isCounted = new Set(counted);
      const leftOut = new Map<string, string[]>();
      for (const { id, description } of known ?? []) {
        if (all.has(id)) continue;
        const reason = reasonFor(document, description);
        leftOut.set(reason, [...(leftOut.get(reason) ?? []), id]);
      }
      return {
        document,
        covered: counted.filter((id) => cited.passed.has(id) && !cited.failed.has(id)),
        failing: counted.filter((id) => cited.failed.has(id)),
        skipped: counted.filter((id) => cited.other.has(id) && !cited.passed.has(id) && !cited.failed.has(id)),
        leftOut,
        beside: [...cited.passed].filter((id) => documentOf(id) === document && !isCounted.has(id)).length,
      };
    });
}

const documentOf = (id: string): string => id.slice(0, id.indexOf('_R'));
