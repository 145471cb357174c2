import { CaravanError } from '../../platform/index.ts';
import { usd } from './numbers.ts';

/** How a requirement must change. */
export interface Relaxation {
  /** `availabilityPercent`, `budgetUsdPerMonth`, `deviceRoundTripMs`, `mailRoundTripMs`, `users` */
  readonly requirement: string;
  readonly from: number;
  readonly to: number;
  /** Of `users`: in which places of the topology. */
  readonly places?: readonly string[];
  readonly sentence: string;
}

/** What is to be relaxed together, and what there is then. */
export interface WayOut {
  readonly relaxations: readonly Relaxation[];
  /** `one pool in eu-central-1` */
  readonly topology: string;
  /** At the horizon. */
  readonly usdPerMonth: number;
  /** From 0 to 1. */
  readonly availability: number;
}

const told = ({ relaxations, topology, usdPerMonth }: WayOut): string =>
  `${relaxations.map(({ sentence }) => sentence).join(' and ')}, for ${topology} at ${usd(usdPerMonth)} a month`;

/** Nothing that Caravan can be deployed as meets the requirements. */
export class NoPlanError extends CaravanError {
  override readonly name = 'NoPlanError';
  declare readonly code: 'no-plan';
  /** Each is enough by itself, with all that stands in it. */
  readonly ways: readonly WayOut[];

  constructor(ways: readonly WayOut[]) {
    const [only] = ways;
    const many = (only?.relaxations.length ?? 0) > 1 ? 'Relax these together' : 'Relax this';
    super({
      code: 'no-plan',
      what: 'No topology meets these requirements',
      remedy: `${ways.length === 1 ? many : 'Relax one of these'}: ${ways.map(told).join('; ')}.`,
      details: { ways },
    });
    this.ways = ways;
  }
}
