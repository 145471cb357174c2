/**
 * `npm run requirements`: which requirements of the protocol documents the last test run checked, which failed, and which are
 * left out and why. `--json` tells it as data, `--ids` every id that is left out or failing; another report than the last
 * run's may be named.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { REPORT_FILE, type VitestReport } from '../runner/report.ts';
import { accountOf, type DocumentAccount, type Requirement, requirementsOf } from './account.ts';

const SHARED = process.env['CARAVAN_SHARED'] ?? resolve(import.meta.dirname, '../../../shared');
const TABLES = join(SHARED, 'eas', 'requirements');
const USAGE = 'Usage: npm run requirements [-- [--json] [--ids] [report of vitest, as JSON]]';

const say = (line: string) => void process.stdout.write(`${line}\n`);
process.exitCode = main(process.argv.slice(2));

function main(args: readonly string[]): number {
  const [file = REPORT_FILE, ...more] = args.filter((it) => !it.startsWith('--'));
  const unknown = [...more, ...args.filter((it) => /^--(?!(?:json|ids)$)/.test(it))];
  if (unknown.length > 0) return complain(`Unknown: ${unknown.join(', ')}.\n${USAGE}`);
  if (!existsSync(file)) {
    return complain(`There is no report of a test run (${file}). Make one: npm run test:all\n${USAGE}`);
  }
  const report = readReport(file);
  if (!report) return complain(`${file} is no report of vitest: expected JSON with testResults.\n${USAGE}`);
  const requirements = readRequirements();
  const accounts = accountOf(report, requirements);
  if (args.includes('--json')) say(JSON.stringify(accounts, asData, 2));
  else tell(accounts, requirements !== undefined, args.includes('--ids'));
  return accounts.some((it) => it.failing.length > 0) ? 1 : 0;
}

/** By document; undefined where the tables are absent. */
function readRequirements(): ReadonlyMap<string, readonly Requirement[]> | undefined {
  if (!existsSync(TABLES)) return undefined;
  const files = readdirSync(TABLES).filter((it) => it.endsWith('.tsv'));
  return new Map(
    files.map((it) => [it.slice(0, -'.tsv'.length), requirementsOf(readFileSync(join(TABLES, it), 'utf8'))]),
  );
}

function tell(accounts: readonly DocumentAccount[], areKnown: boolean, withIds: boolean): void {
  if (!areKnown) {
    say(`The documents' requirements are not here (no ${TABLES}; CARAVAN_SHARED names another place):`);
    say('every id that tests cite is counted, and what is left out cannot be told.\n');
  }
  const sum = (count: (it: DocumentAccount) => number) => accounts.reduce((total, it) => total + count(it), 0);
  for (const it of accounts) {
    say(`${it.document}: ${countsOf(it, areKnown)}`);
    if (withIds && it.failing.length > 0) say(`    failing: ${it.failing.join(' ')}`);
    for (const [reason, ids] of it.leftOut) {
      say(`    left out, ${reason}: ${ids.length}`);
      if (withIds) say(`        ${ids.join(' ')}`);
    }
  }
  const left = areKnown ? `, ${sum(leftOutOf)} left out` : '';
  say(`\n${sum((it) => it.covered.length)} covered, ${sum((it) => it.failing.length)} failing${left}`);
}

function countsOf(it: DocumentAccount, areKnown: boolean): string {
  const counts = [`${it.covered.length} covered`, `${it.failing.length} failing`];
  if (it.skipped.length > 0) counts.push(`${it.skipped.length} skipped`);
  if (areKnown) counts.push(`${leftOutOf(it)} left out`, `${it.beside} beside these`);
  return counts.join(', ');
}

function leftOutOf({ leftOut }: DocumentAccount): number {
  return [...leftOut.values()].reduce((total, ids) => total + ids.length, 0);
}

function readReport(file: string): VitestReport | undefined {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
    return Array.isArray(report.testResults) ? report : undefined;
  } catch {
    return undefined;
  }
}

function complain(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}

const asData = (_key: string, value: unknown): unknown => (value instanceof Map ? Object.fromEntries(value) : value);
