/** Many histories of several pools, one after the other: what a test and `npm run simulate -- --homes` ask for. */
import { type HomesResult, simulateHomes } from './homes-simulation.ts';

export interface HomesSummary {
  histories: number;
  commands: number;
  moves: number;
  failOvers: number;
  /** Answered commands that a fail-over lost, all within the lag of the replica. */
  lost: number;
  readonly violations: { readonly seed: number; readonly what: string; readonly trace: readonly string[] }[];
}

export async function runHomes(
  { from, seeds }: { readonly from: number; readonly seeds: number },
  onResult?: (summary: HomesSummary, result: HomesResult) => void,
): Promise<HomesSummary> {
  const summary: HomesSummary = { histories: 0, commands: 0, moves: 0, failOvers: 0, lost: 0, violations: [] };
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await simulateHomes(seed);
    summary.histories += 1;
    for (const figure of ['commands', 'moves', 'failOvers', 'lost'] as const) summary[figure] += result[figure];
    const { trace } = result;
    summary.violations.push(...result.violations.map((it) => ({ seed, what: it, trace })));
    onResult?.(summary, result);
  }
  return summary;
}
