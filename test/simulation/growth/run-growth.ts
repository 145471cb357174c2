/** Many histories of a standalone server and a pool: what the tests and `npm run simulate -- --growth` ask for. */
import { SeededRandom } from '../support/seeded-random.ts';
import { type Act, type GrowthResult, type Mishap, simulateGrowth } from './growth-simulation.ts';

export interface GrowthSummary {
  histories: number;
  commands: number;
  kills: number;
  readonly violations: { readonly history: string; readonly what: string; readonly trace: readonly string[] }[];
}

/** What may be asked, in this order. */
export const SCRIPTS: readonly (readonly Act[])[] = [
  ['join'],
  ['join', 'undo'],
  ['join', 'finish'],
  ['leave'],
  ['leave', 'undo'],
  ['leave', 'finish'],
  ['join', 'undo', 'join'],
  ['leave', 'finish', 'join'],
];

export const MISHAPS: readonly Mishap[] = [
  'killed before',
  'killed after',
  'applied, unanswered',
  'not applied, unanswered',
  'taken back',
];

const noSummary = (): GrowthSummary => ({ histories: 0, commands: 0, kills: 0, violations: [] });

function add(summary: GrowthSummary, history: string, { commands, kills, violations, trace }: GrowthResult): void {
  summary.histories += 1;
  summary.commands += commands;
  summary.kills += kills;
  summary.violations.push(...violations.map((what) => ({ history, what, trace })));
}

/** That mishap at each write of the script's last act, one history each. */
export async function atEveryWrite(acts: readonly Act[], what: Mishap): Promise<GrowthSummary> {
  const summary = noSummary();
  const { writes } = await simulateGrowth({ acts });
  for (let atWrite = 1; atWrite <= writes; atWrite++)
    add(
      summary,
      `${acts.join(', ')}; ${what} at write ${atWrite}`,
      await simulateGrowth({ acts, mishap: { what, atWrite } }),
    );
  return summary;
}

/** Kills at random instants, and a pool's store that errs, is late and loses messages. The seed decides everything. */
export async function runGrowth(
  { from, seeds }: { readonly from: number; readonly seeds: number },
  onResult?: (summary: GrowthSummary, result: GrowthResult) => void,
): Promise<GrowthSummary> {
  const summary = noSummary();
  for (let seed = from; seed < from + seeds; seed++) {
    const random = new SeededRandom(seed);
    const result = await simulateGrowth({
      seed,
      acts: random.pick(SCRIPTS),
      chaos: {
        killEveryMs: random.pick([300, 1_500, 6_000]),
        faults: {
          appliedButError: random.between(0, 0.05),
          refusedByError: random.between(0, 0.05),
          lateRequest: random.between(0, 0.1),
          lateAnswer: random.between(0, 0.1),
          lateMs: random.pick([100, 2_000, 20_000]),
          lost: random.between(0, 0.02),
        },
      },
    });
    add(summary, `seed ${seed}`, result);
    onResult?.(summary, result);
  }
  return summary;
}
