/** What a look at a server of the mail system has found. */
import type { Clock } from '../../platform/index.ts';

export interface Finding {
  /** `works`; `mind`: it goes on, less well; `fails`: it will not work. */
  readonly level: 'works' | 'mind' | 'fails';
  readonly what: string;
  /** Why it does not work, or what follows from it. */
  readonly why?: string;
  readonly remedy?: string;
}

export interface Probe {
  readonly part: 'IMAP' | 'submission' | 'calendars' | 'directory' | 'names';
  /** `imap.example.org:993` */
  readonly address: string;
  readonly findings: readonly Finding[];
  /** The median of several, where there was any. */
  readonly roundTripMs?: number;
}

export interface ProbeLimits {
  /** To connect, and of silence. */
  readonly timeoutMs: number;
  /** A round trip that is longer is told of; one that is longer than `most` fails. */
  readonly warnMs: number;
  readonly mostMs: number;
}

const ROUNDS = 7;

/** The median of several round trips, in milliseconds with one decimal. */
export async function medianOf(clock: Clock, ask: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = clock.monotonic();
    await ask();
    times.push(clock.monotonic() - before);
  }
  times.sort((one, other) => one - other);
  return Math.round((times[Math.floor(ROUNDS / 2)] as number) * 10) / 10;
}

/** `follows`: what a long one means here. */
export function latencyFinding(ms: number, { warnMs, mostMs }: ProbeLimits, follows: string): Finding {
  const what = `a round trip takes ${ms} ms (the median of ${ROUNDS})`;
  if (ms > mostMs)
    return { level: 'fails', what, why: `more than ${mostMs}: ${follows}`, remedy: 'Run the servers nearer to it.' };
  return ms > warnMs ? { level: 'mind', what, why: `more than ${warnMs}: ${follows}` } : { level: 'works', what };
}
