/** Messages that phones were told are on their way, and how often each may have been handed to the submission server. */
import type { SunkMessage } from '../../support/smtp-sink.ts';

/**
 * A server that dies between the taking of a message and its record leaves it to be sent again, under the same Message-ID
 * (sync-state.md, rule 10): once for each attempt that broke off. A front that sends again by itself shows its device nothing of that.
 */
export type MayBeTwice = 'never' | 'where the phone saw it' | 'once unseen';

export class Sendings {
  /** By subject: attempts that broke off, of those that were not checked yet. */
  readonly #brokenOff = new Map<string, number>();
  /** By subject, of all others: how often each was taken. */
  readonly #times = new Map<string, number>();

  sent(subject: string, brokenOff: number): void {
    this.#brokenOff.set(subject, brokenOff);
  }

  get subjects(): readonly string[] {
    return [...this.#times.keys(), ...this.#brokenOff.keys()];
  }

  /**
   * One line for every difference. `taken`: what the submission server took with a subject; `mayBeTwice`: of messages since the
   * last check. Those before were answered by then, and nothing that comes later sends them again.
   */
  check(taken: (subject: string) => readonly SunkMessage[], mayBeTwice: MayBeTwice): string[] {
    const found: string[] = [];
    for (const [subject, times] of this.#times) {
      const now = taken(subject).length;
      if (now !== times) found.push(`${subject} was sent ${times} times, and later ${now - times} times more`);
    }
    for (const [subject, brokenOff] of this.#brokenOff) {
      const ids = taken(subject).map(messageIdOf);
      this.#times.set(subject, ids.length);
      const again = { never: 0, 'where the phone saw it': brokenOff, 'once unseen': Math.max(1, brokenOff) }[
        mayBeTwice
      ];
      if (ids.length >= 1 && ids.length <= 1 + again && new Set(ids).size === 1) continue;
      const attempts = `${brokenOff} attempts of the phone broke off`;
      found.push(`${subject} was sent ${ids.length} times as ${new Set(ids).size} messages; ${attempts}`);
    }
    this.#brokenOff.clear();
    return found;
  }
}

const messageIdOf = ({ raw }: SunkMessage): string =>
  /^Message-ID: (.*?)\r?$/im.exec(raw.toString('latin1'))?.[1] ?? 'none';
