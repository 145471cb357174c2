/**
 * How much more a server can take, from what its process measures: never from how many devices it has, since a hundred may be
 * idle and one not. The worst figure counts; a constrained server is one until it has been well for a while.
 */
import type { Clock } from '../platform/index.ts';

export interface Measurements {
  /** Of the time since the last ones, 0 … 1. */
  readonly eventLoopUtilization: number;
  /** The 99th percentile of how late timers were. */
  readonly eventLoopDelayMs: number;
  /** 0 … 1 of what the process may have. */
  readonly memoryShare: number;
  /** The mean of the store's answers; undefined where nothing was asked. */
  readonly storeLatencyMs: number | undefined;
  /** Requests under way in relation to those that may be, 0 … */
  readonly waitingWork: number;
}

export interface Availability {
  /** −100 (refuses) … 100 (idle), whole. */
  readonly index: number;
  /** Why it takes nobody new; undefined if it does. */
  readonly constrained: string | undefined;
}

/** A single burst is not an overload: figures are smoothed, half of a change after so long. */
const HALF_LIFE_MS = 3_000;
/** A constrained server is well again after so long at this index or above (ownership.md, Overload). */
const WELL_INDEX = 20;
const WELL_MS = 60_000;

interface Scale {
  /** 100 up to here. */
  readonly idle: number;
  /** 0: what is worse constrains. */
  readonly full: number;
  /** −100 from here. */
  readonly refuses: number;
  /** The least that this figure alone makes of the index. */
  readonly least: number;
  readonly tell: (value: number) => string;
}

const percent = (share: number) => `${Math.round(share * 100)} %`;

const SCALES: Readonly<Record<keyof Measurements, Scale>> = {
  eventLoopUtilization: {
    idle: 0.1,
    full: 0.85,
    refuses: 1,
    least: -100,
    tell: (value) => `its event loop is ${percent(value)} busy`,
  },
  eventLoopDelayMs: {
    idle: 20,
    full: 250,
    refuses: 1_000,
    least: -100,
    tell: (value) => `its event loop is ${Math.round(value)} ms late`,
  },
  memoryShare: {
    idle: 0.5,
    full: 0.88,
    refuses: 0.97,
    least: -100,
    tell: (value) => `its memory is ${percent(value)} used`,
  },
  // The store is everybody's: if it alone constrained servers, all would be, and nobody could take a user.
  storeLatencyMs: {
    idle: 20,
    full: 500,
    refuses: 1_000,
    least: 10,
    tell: (value) => `its store takes ${Math.round(value)} ms`,
  },
  waitingWork: {
    idle: 0.1,
    full: 0.9,
    refuses: 1.2,
    least: -100,
    tell: (value) => `${percent(value)} of the requests that it works on at once are taken`,
  },
};
const WELL_SOON = 'it takes users again once it has been well for a minute';
const NAMES = Object.keys(SCALES) as readonly (keyof Measurements)[];

export class AvailabilityIndex {
  readonly #clock: Clock;
  readonly #smooth = new Map<keyof Measurements, number>();
  #measuredAt: number | undefined;
  #constrained: string | undefined;
  #wellSince: number | undefined;
  #current: Availability = { index: 100, constrained: undefined };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get current(): Availability {
    return this.#current;
  }

  /** To be called every second or so. */
  measure(measurements: Measurements): Availability {
    const now = this.#clock.monotonic();
    const weight = this.#measuredAt === undefined ? 1 : 1 - 0.5 ** ((now - this.#measuredAt) / HALF_LIFE_MS);
    this.#measuredAt = now;
    let index = 100;
    let why = '';
    for (const name of NAMES) {
      const measured = measurements[name];
      const before = this.#smooth.get(name);
      const value = measured === undefined ? before : mix(before, measured, weight);
      if (value === undefined) continue;
      this.#smooth.set(name, value);
      const score = scoreOf(value, SCALES[name]);
      if (score < index) [index, why] = [score, SCALES[name].tell(value)];
    }
    this.#judge(index, why, now);
    const constrained =
      this.#wellSince === undefined ? this.#constrained : `${this.#constrained} until a moment ago: ${WELL_SOON}`;
    this.#current = { index: Math.round(index), constrained };
    return this.#current;
  }

  #judge(index: number, why: string, now: number): void {
    if (index < 0) {
      this.#constrained = why;
      this.#wellSince = undefined;
    } else if (this.#constrained !== undefined) {
      if (index < WELL_INDEX) this.#wellSince = undefined;
      else this.#wellSince ??= now;
      if (this.#wellSince !== undefined && now - this.#wellSince >= WELL_MS) {
        this.#constrained = undefined;
        this.#wellSince = undefined;
      }
    }
  }
}

const mix = (before: number | undefined, measured: number, weight: number): number =>
  before === undefined ? measured : before + (measured - before) * weight;

function scoreOf(value: number, { idle, full, refuses, least }: Scale): number {
  if (value <= idle) return 100;
  const score =
    value <= full ? (100 * (full - value)) / (full - idle) : Math.max(-100, (-100 * (value - full)) / (refuses - full));
  return Math.max(least, score);
}
