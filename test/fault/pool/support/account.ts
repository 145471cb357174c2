/** What devices went through while something happened to their pool. */
import type { Lived } from '../../support/somebody.ts';

/** An attempt that had no answer of a server. */
export interface Trouble {
  readonly user: string;
  readonly command: string;
  /** A status, or what broke. */
  readonly what: string;
  readonly atMs: number;
}

export interface Account {
  readonly lived: readonly Lived[];
  readonly troubles: readonly Trouble[];
  /** How often a device was told to begin again. */
  readonly resyncs: number;
  /** Everything else that was not as it must be. */
  readonly differences: number;
}

/** One line. */
export function describeAccount({ lived, troubles }: Pick<Account, 'lived' | 'troubles'>): string {
  const longestMs = Math.max(0, ...lived.map((it) => it.toMs - it.fromMs));
  return [
    `commands: ${countsOf(lived.map((it) => it.command))}`,
    `longest ${Math.round(longestMs)} ms`,
    `troubles: ${countsOf(troubles.map((it) => `${it.command} ${it.what}`))}`,
  ].join('; ');
}

const countsOf = (names: readonly string[]): string =>
  [...new Set(names)].map((name) => `${names.filter((it) => it === name).length} ${name}`).join(', ') || 'none';
