/**
 * `npm test` (quick): what needs no server and nothing but npm's packages. `npm run test:all` (all): installs what the
 * machine lacks, then lint, format, types and every test at full size. `npm run test:faults` (faults): the fault tests as long
 * as they are meant to be, one file after the other, about an hour; with `--times 20` see runner/rounds.ts. Further arguments are vitest's: `npm test -- topology`.
 * Of a whole run, files that fail among the others are run once more, alone, and told of if they pass then.
 * The last line is `N passed, N failed`, with `, N skipped` where some were.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LEFT_OUT } from './runner/left-out.ts';
import { OUTSIDE_FILE } from './runner/outside-reporter.ts';
import { prepare } from './runner/prepared.ts';
import {
  filesThatFailed,
  lastLine,
  REPORT_FILE,
  slowestFiles,
  summarize,
  type VitestReport,
  withResultsOf,
} from './runner/report.ts';
import { filesOf, type Rounds, roundsOf, runRounds } from './runner/rounds.ts';
import { installPackages, MissingPackagesError } from './runner/system-packages.ts';

const CHECKS = ['lint', 'format:check', 'types'] as const;
const TIME_LIMIT_MINUTES: Readonly<Record<Mode, number>> = { quick: 40, all: 70, faults: 180 };
/** A whole run is meant to take less on two cores that have nothing else to do; one that takes longer says so. */
const USUAL_MINUTES = 40;
/** So few files that fail are run once more, alone: what a busy machine did is told apart from what is broken. */
const MOST_AGAIN = 6;
const SLOWEST = 12;
/** Beside the report. */
const OUTSIDE = 'outside.txt';
const ROOT = join(import.meta.dirname, '..');
const OUTSIDE_REPORTER = join(ROOT, 'test/runner/outside-reporter.ts');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

type Mode = 'quick' | 'all' | 'faults';

/** What is set for tests, and where they are. */
const ENVIRONMENTS: Readonly<Record<Mode, Readonly<Record<string, string>>>> = {
  quick: {},
  all: { CARAVAN_TEST_SIZE: 'full' },
  faults: { CARAVAN_TEST_SIZE: 'full', CARAVAN_FAULT_SIZE: 'full' },
};
const ALL_FAULTS = ['test/fault', 'test/growth', 'test/homes'];

const say = (line: string) => void process.stdout.write(`${line}\n`);

const [mode, ...vitestArguments] = process.argv.slice(2);
if (mode !== 'quick' && mode !== 'all' && mode !== 'faults') {
  say('Usage: node test/run.ts quick|all|faults [arguments of vitest]');
  process.exit(2);
}
const rounds = mode === 'faults' ? readRounds(vitestArguments) : undefined;
process.exit(await (rounds ? runAgain(rounds) : run(mode)));

function readRounds(given: readonly string[]): Rounds | undefined {
  try {
    return roundsOf(given);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    say(thrown.message);
    return process.exit(2);
  }
}

/** The fault tests as CI has them. */
function runAgain(rounds: Rounds): Promise<number> {
  const runFile = (file: string, seed: number): Promise<number> => {
    const env = { ...process.env, ...ENVIRONMENTS.all, CARAVAN_TEST_SEED: String(seed) };
    const child = spawn(process.execPath, [VITEST, 'run', file], { cwd: ROOT, stdio: 'inherit', env });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status) => resolve(status ?? 1));
    });
  };
  const seed = Number(process.env['CARAVAN_TEST_SEED'] ?? Date.now() % 1_000_000);
  return runRounds({ files: filesOf(rounds, ROOT), times: rounds.times, seed, runFile, say });
}

async function run(mode: Mode): Promise<number> {
  const started = performance.now();
  const failedChecks: string[] = [];
  if (mode !== 'quick') {
    try {
      installPackages(say);
    } catch (thrown) {
      if (!(thrown instanceof MissingPackagesError)) throw thrown;
      say(thrown.message);
      return 1;
    }
    for (const check of mode === 'all' ? CHECKS : []) {
      say(`\n== ${check}`);
      if (spawnSync('npm', ['run', '--silent', check], { cwd: ROOT, stdio: 'inherit' }).status !== 0)
        failedChecks.push(check);
    }
  }
  say('\n== tests');
  const folder = mkdtempSync(join(tmpdir(), 'caravan-tests-'));
  const output = join(folder, 'report.json');
  try {
    let status = await runVitest(mode, output, vitestArguments);
    let report = readReport(output);
    if (!report) {
      say(`vitest ended (${status}) without a report`);
      return 1;
    }
    const unsteady: string[] = [];
    const failedFiles = filesThatFailed(report);
    if (mode === 'all' && failedFiles.length > 0 && failedFiles.length <= MOST_AGAIN) {
      const failedBefore = summarize(report).failedNames;
      say(`\n== again, each file alone: ${failedFiles.length}`);
      const again = join(folder, 'again.json');
      status = await runVitest(mode, again, ['--no-file-parallelism', ...failedFiles]);
      report = withResultsOf(report, readReport(again));
      const failedNow = new Set(summarize(report).failedNames);
      unsteady.push(...failedBefore.filter((it) => !failedNow.has(it)));
    }
    if (mode === 'all') keepReport(report);
    say(
      `Slowest: ${slowestFiles(report, SLOWEST)
        .map((it) => it.replace(`${ROOT}/`, ''))
        .join(', ')}`,
    );
    const summary = summarize(report);
    for (const name of unsteady)
      say(`Unsteady, failed among the others and passed alone: ${name.replace(`${ROOT}/`, '')}`);
    for (const name of summary.failedNames) say(`Failed: ${name.replace(`${ROOT}/`, '')}`);
    // Of the first run too: another file than those that were run again may have left it.
    const outside = readLines(join(dirname(output), OUTSIDE));
    for (const error of outside) say(`Failed: an error outside any test: ${error}`);
    for (const name of summary.skippedNames) say(`Left out by itself: ${name}`);
    if (mode === 'quick') sayLeftOut();
    const ran = summary.passed + summary.failed;
    if (ran === 0) say('Failed: no test ran');
    if (failedChecks.length > 0) say(`Failed: npm run ${failedChecks.join(', npm run ')}`);
    const minutes = (performance.now() - started) / 60_000;
    const isSlow = mode !== 'faults' && minutes > USUAL_MINUTES;
    say(`Took ${minutes.toFixed(1)} minutes${isSlow ? `, more than the ${USUAL_MINUTES} that it should` : ''}`);
    say(lastLine({ ...summary, failed: summary.failed + outside.length }));
    return status === 0 && summary.failed + outside.length === 0 && ran > 0 && failedChecks.length === 0 ? 0 : 1;
  } finally {
    // A process that ends late may still keep what it compiled.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves to its exit status; one that a signal ended counts as 1. */
function runVitest(mode: Mode, output: string, more: readonly string[]): Promise<number> {
  const excluded = mode === 'quick' ? LEFT_OUT.flatMap(({ glob }) => ['--exclude', glob]) : [];
  const reporters = ['default', 'json', OUTSIDE_REPORTER].map((it) => `--reporter=${it}`);
  const isAllFaults = mode === 'faults' && more.every((it) => it.startsWith('-'));
  const own = mode === 'faults' ? ['--no-file-parallelism', ...(isAllFaults ? ALL_FAULTS : [])] : [];
  const child = spawn(
    process.execPath,
    [VITEST, 'run', ...reporters, `--outputFile.json=${output}`, ...excluded, ...own, ...more],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env: {
        ...process.env,
        ...(mode !== 'quick' && prepare(dirname(output))),
        ...ENVIRONMENTS[mode],
        [OUTSIDE_FILE]: join(dirname(output), OUTSIDE),
      },
    },
  );
  const limit = setTimeout(() => {
    say(`Stopped: the tests took longer than ${TIME_LIMIT_MINUTES[mode]} minutes`);
    child.kill('SIGTERM');
  }, TIME_LIMIT_MINUTES[mode] * 60_000);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => {
      clearTimeout(limit);
      resolve(status ?? 1);
    });
  });
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}

function readLines(file: string): readonly string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

/** For `npm run requirements`. */
function keepReport(report: VitestReport): void {
  mkdirSync(dirname(REPORT_FILE), { recursive: true });
  writeFileSync(REPORT_FILE, JSON.stringify(report));
}

function sayLeftOut(): void {
  const files = globSync('test/**/*.test.ts', { cwd: ROOT });
  for (const { what, why, matches } of LEFT_OUT) {
    const count = files.filter(matches).length;
    if (count > 0)
      say(`Left out: ${what} (${count} ${count === 1 ? 'file' : 'files'}): ${why}. npm run test:all has them.`);
  }
  say('Left out: fuzzing at full size; npm run test:all has it.');
}
