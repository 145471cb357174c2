/** Many histories, spread over processes: a process has one thread, and a history needs it whole. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { WholeResult } from './whole-simulation.ts';

export interface SeedsSummary {
  histories: number;
  events: number;
  writes: number;
  commands: number;
  effects: number;
  moves: number;
  sentAgain: number;
  late: number;
  resyncs: number;
  readonly digests: Map<number, string>;
  readonly violations: { readonly seed: number; readonly atMs: number; readonly what: string }[];
}

export interface SeedsOptions {
  readonly from: number;
  readonly seeds: number;
  readonly workers: number;
  /** A change of lib/ that the simulation is to find: a name of mutations.ts. */
  readonly mutation?: string;
  /** No further seed is begun after a violation. Default false. */
  readonly isEndedByViolation?: boolean;
  readonly onResult?: (summary: SeedsSummary, result: WholeResult) => void;
}

/** A history takes a fraction of a second; one that takes so long goes round in circles without an event. */
const HISTORY_LIMIT_MS = 180_000;
const WORKER = join(import.meta.dirname, 'seed-worker.ts');

export async function runSeeds(options: SeedsOptions): Promise<SeedsSummary> {
  const { from, seeds, workers, isEndedByViolation = false, onResult } = options;
  const summary: SeedsSummary = {
    histories: 0,
    events: 0,
    writes: 0,
    commands: 0,
    effects: 0,
    moves: 0,
    sentAgain: 0,
    late: 0,
    resyncs: 0,
    digests: new Map(),
    violations: [],
  };
  let next = from;
  const take = (): number | undefined => {
    if (next >= from + seeds || (isEndedByViolation && summary.violations.length > 0)) return undefined;
    return next++;
  };
  const add = (result: WholeResult): void => {
    summary.histories += 1;
    for (const figure of ['events', 'writes', 'commands', 'effects', 'moves', 'sentAgain', 'late', 'resyncs'] as const)
      summary[figure] += result[figure];
    summary.digests.set(result.seed, result.digest);
    summary.violations.push(...result.violations.map((it) => ({ seed: result.seed, ...it })));
    onResult?.(summary, result);
  };
  await Promise.all(Array.from({ length: Math.min(workers, seeds) }, () => work(options.mutation, take, add)));
  summary.violations.sort((a, b) => a.seed - b.seed || a.atMs - b.atMs);
  return summary;
}

/** One process, one seed after the other. Rejects if it ends before its work. */
function work(
  mutation: string | undefined,
  take: () => number | undefined,
  add: (result: WholeResult) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = fork(WORKER, mutation === undefined ? [] : [mutation], { execArgv: [] });
    let seed: number | undefined;
    let limit: NodeJS.Timeout | undefined;
    const next = () => {
      clearTimeout(limit);
      seed = take();
      if (seed !== undefined) limit = setTimeout(() => worker.kill('SIGKILL'), HISTORY_LIMIT_MS);
      if (seed === undefined) worker.disconnect();
      else worker.send(seed);
    };
    worker.on('message', (result: WholeResult | 'ready') => {
      if (result !== 'ready') add(result);
      next();
    });
    worker.once('error', reject);
    worker.once('exit', (code, signal) => {
      clearTimeout(limit);
      const how = signal === 'SIGKILL' ? `was killed after ${HISTORY_LIMIT_MS / 1_000} s` : `ended (${code ?? signal})`;
      if (seed === undefined && code === 0) resolve();
      else reject(new Error(`A process of the simulation ${how} at seed ${seed}`));
    });
  });
}
