import { CaravanError } from '../../platform/index.ts';

/** One requirement that, changed so, has a plan. */
export interface Relaxation {
  /** `availabilityPercent`, `budgetUsdPerMonth`, `deviceRoundTripMs`, `mailRoundTripMs`, `users` */
  readonly requirement: string;
  readonly from: number;
  readonly to: number;
  readonly sentence: string;
}

/** Nothing that Caravan can be deployed as meets the requirements. */
export class NoPlanError extends CaravanError {
  override readonly name = 'NoPlanError';
  declare readonly code: 'no-plan';
  /** Each is enough by itself, unless `isAllNeeded`. */
  readonly relaxations: readonly Relaxation[];
  readonly isAllNeeded: boolean;

  constructor(relaxations: readonly Relaxation[], isAllNeeded: boolean) {
    super({
      code: 'no-plan',
      what: 'No topology meets these requirements',
      remedy: `${isAllNeeded ? 'All of these must be relaxed together' : relaxations.length === 1 ? 'Relax this' : 'Relax one of these'}: ${relaxations
        .map(({ sentence }) => sentence)
        .join('; ')}.`,
    });
    this.relaxations = relaxations;
    this.isAllNeeded = isAllNeeded;
  }
}
