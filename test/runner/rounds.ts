/**
 * `npm run test:faults -- --times 20`: the tests of a pool of real processes in their short form, so many times, each time by
 * another seed; ends at the first that fails. Further arguments are parts of paths: `--times 20 kill freeze`.
 */
import { globSync } from 'node:fs';

/** Where they are if nothing else is said. */
const POOL_FILES = 'test/fault/pool/*.test.ts';
const ANY_FILES = 'test/{fault,growth}/**/*.test.ts';

export interface Rounds {
  readonly times: number;
  /** Parts of paths; none: all of a pool. */
  readonly wanted: readonly string[];
}

/** Undefined where `--times` is not among the arguments. Throws a RangeError that says what is wrong with its value. */
export function roundsOf(given: readonly string[]): Rounds | undefined {
  const at = given.indexOf('--times');
  if (at < 0) return undefined;
  const value = given[at + 1] ?? '';
  if (!/^[1-9]\d{0,3}$/.test(value))
    throw new RangeError(`--times takes a number from 1 to 9999, not ${JSON.stringify(value)}`);
  return { times: Number(value), wanted: given.toSpliced(at, 2) };
}

/** Relative to `root`, in the order of their names. */
export function filesOf({ wanted }: Rounds, root: string): readonly string[] {
  const files = globSync(wanted.length === 0 ? POOL_FILES : ANY_FILES, { cwd: root }).toSorted();
  return wanted.length === 0 ? files : files.filter((file) => wanted.some((it) => file.includes(it)));
}

export interface RoundParts {
  readonly files: readonly string[];
  readonly times: number;
  /** Of the first round; the next has the next. */
  readonly seed: number;
  /** Its exit status. */
  readonly runFile: (file: string, seed: number) => Promise<number>;
  readonly say: (line: string) => void;
}

/** The exit status of it all. */
export async function runRounds({ files, times, seed: firstSeed, runFile, say }: RoundParts): Promise<number> {
  let passed = 0;
  for (let round = 1; round <= times; round++) {
    const seed = firstSeed + round - 1;
    for (const file of files) {
      const started = performance.now();
      const status = await runFile(file, seed);
      const what = `round ${round} of ${times}, CARAVAN_TEST_SEED=${seed}: ${file}`;
      if (status !== 0) {
        say(`${what} failed`);
        say(`The same again: CARAVAN_TEST_SEED=${seed} npm run test:faults -- --times 1 ${file}`);
        say(`${passed} passed, 1 failed`);
        return 1;
      }
      passed += 1;
      say(`${what} passed in ${Math.round((performance.now() - started) / 1_000)} s`);
    }
  }
  if (passed === 0) say('Failed: no file is called so');
  say(`${passed} passed, 0 failed`);
  return passed === 0 ? 1 : 0;
}
