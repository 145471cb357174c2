/**
 * `npm run simulate -- --seeds 10000 [--from N] [--trace] [--workers N] [--homes | --growth]`: histories of a whole pool, each decided by its seed alone. Progress
 * goes to standard error; the last line says how many histories and events there were, and how many violations. Exits 1 if
 * there is one. `--seeds 1 --from N --trace` replays a history and tells it. `--homes`: histories of several pools, with moves of users between them and
 * fail-overs, in place of those of one. `--growth`: of a standalone server that hands users to a pool, or takes them from it.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runGrowth } from './growth/run-growth.ts';
import { runHomes } from './homes/run-homes.ts';
import { runSeeds, type SeedsSummary } from './whole/run-seeds.ts';
import { simulateWhole } from './whole/whole-simulation.ts';

const PROGRESS_EVERY_MS = 2_000;
const VIOLATIONS_SHOWN = 20;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const progress = (line: string) => void process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);

process.exit(await main());

async function main(): Promise<number> {
  const { seeds, from, workers, isTraced, isOfHomes, isOfGrowth } = readArguments();
  if (isOfGrowth) return growing({ from, seeds }, isTraced);
  if (isOfHomes) return severalPools({ from, seeds }, isTraced);
  if (isTraced) {
    for (let seed = from; seed < from + seeds; seed++) {
      const { trace } = await simulateWhole(seed, { isTraced });
      say(`seed ${seed}`);
      for (const line of trace) say(line);
    }
  }
  let shown = Number.NEGATIVE_INFINITY;
  const summary = await runSeeds({
    from,
    seeds,
    workers,
    onResult: ({ histories, violations }, { seed, violations: own }) => {
      for (const { what } of own.slice(0, 1)) progress(`seed ${seed}: ${what}\n`);
      const now = performance.now();
      if (now - shown < PROGRESS_EVERY_MS) return;
      shown = now;
      progress(`${histories} of ${seeds} histories, ${violations.length} violations`);
    },
  });
  progress('');
  for (const { seed, atMs, what } of summary.violations.slice(0, VIOLATIONS_SHOWN))
    say(`seed ${seed}, ${(atMs / 1000).toFixed(3)} s: ${what} (npm run simulate -- --from ${seed} --seeds 1 --trace)`);
  say(lastLine(summary));
  return summary.violations.length === 0 ? 0 : 1;
}

async function severalPools(range: { from: number; seeds: number }, isTraced: boolean): Promise<number> {
  let shown = Number.NEGATIVE_INFINITY;
  const { violations, ...sums } = await runHomes(range, ({ histories }, { trace }) => {
    for (const line of isTraced ? trace : []) say(line);
    const now = performance.now();
    if (now - shown < PROGRESS_EVERY_MS) return;
    shown = now;
    progress(`${histories} of ${range.seeds} histories`);
  });
  progress('');
  for (const { seed, what } of violations.slice(0, VIOLATIONS_SHOWN))
    say(`seed ${seed}: ${what} (npm run simulate -- --homes --from ${seed} --seeds 1 --trace)`);
  const { histories, commands, moves, failOvers, lost } = sums;
  say(
    `${histories} histories of several pools, ${violations.length} invariant violations (${commands} commands answered, ` +
      `${moves} moves, ${failOvers} fail-overs, ${lost} commands lost by the lag of a replica)`,
  );
  return violations.length === 0 ? 0 : 1;
}

async function growing(range: { from: number; seeds: number }, isTraced: boolean): Promise<number> {
  const { violations, histories, commands, kills } = await runGrowth(range, (_, { trace }) => {
    for (const line of isTraced ? trace : []) say(line);
  });
  for (const { history, what } of violations.slice(0, VIOLATIONS_SHOWN)) say(`${history}: ${what}`);
  say(
    `${histories} histories of a standalone server and a pool, ${violations.length} invariant violations ` +
      `(${commands} commands answered, ${kills} kills)`,
  );
  return violations.length === 0 ? 0 : 1;
}

function lastLine({
  histories,
  events,
  writes,
  commands,
  effects,
  moves,
  sentAgain,
  late,
  resyncs,
  violations,
}: SeedsSummary): string {
  return (
    `${histories} histories, ${events} events, ${violations.length} invariant violations ` +
    `(${commands} commands answered, ${writes} store writes, ${effects} effects on mailboxes, ${moves} claims and gives, ` +
    `${sentAgain} messages sent again under their Message-ID, ${late} calls of the dead carried out late, ${resyncs} collections begun again)`
  );
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '100' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      trace: { type: 'boolean', default: false },
      homes: { type: 'boolean', default: false },
      growth: { type: 'boolean', default: false },
    },
  });
  return {
    seeds: wholeNumber('seeds', values.seeds),
    from: wholeNumber('from', values.from),
    workers: wholeNumber('workers', values.workers),
    isTraced: values.trace,
    isOfHomes: values.homes,
    isOfGrowth: values.growth,
  };
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0 && number < 2 ** 32) return number;
  process.stderr.write(`--${name} is '${text}', and a whole number above zero is needed\n`);
  process.exit(2);
}
