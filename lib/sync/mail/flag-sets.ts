/**
 * Sets of flags as short canonical texts, numbered. A mailbox has few distinct ones, so a message's flags cost a number;
 * two sets are the same to devices if their texts are.
 */
import type { MessageFlags } from '../../backends/index.ts';

/** Flags that no device ever sees: a change of them is not a change. Lower case. */
const UNSEEN_FLAGS = new Set(['\\recent', '$mdnsent', '$junk', '$notjunk', 'junk', 'nonjunk']);

/** System flags in one spelling (RFC 3501 section 2.3.2 has them case-insensitive). */
const SYSTEM_FLAGS = new Map(
  ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', '\\Deleted', '$Forwarded'].map((flag) => [flag.toLowerCase(), flag]),
);

export const DELETED_FLAG = '\\Deleted';
export const SEEN_FLAG = '\\Seen';

/** Flags as devices can tell them apart: no unseen ones, one spelling, sorted. */
export function canonicalFlags(flags: MessageFlags): string[] {
  const seen = new Map<string, string>();
  for (const flag of flags) {
    const lower = flag.toLowerCase();
    if (!UNSEEN_FLAGS.has(lower) && !seen.has(lower)) seen.set(lower, SYSTEM_FLAGS.get(lower) ?? flag);
  }
  return [...seen.values()].sort();
}

/** The canonical text: flags have no spaces in them. */
export function flagText(flags: MessageFlags): string {
  return flags.length === 0 ? '' : canonicalFlags(flags).join(' ');
}

export function flagsOfText(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}

/** Flags with some taken out and some put in, whatever their case. */
export function changedFlags(flags: MessageFlags, add: MessageFlags, remove: MessageFlags): string[] {
  const gone = new Set(remove.map((flag) => flag.toLowerCase()));
  return canonicalFlags([...flags.filter((flag) => !gone.has(flag.toLowerCase())), ...add]);
}

/** What an item's revision is, as a number in a column and as the text that a device was told. */
export interface RevisionTable {
  readonly size: number;
  numberOf(flags: MessageFlags): number;
  numberOfText(text: string): number;
  /** Undefined for a text that no item can have had. */
  find(text: string): number | undefined;
  textOf(number: number): string;
  /** Such items are hidden from devices. */
  isHidden(number: number): boolean;
  emptied(): RevisionTable;
}

/** Numbers for flag texts, given once and for ever (of the table). */
export class FlagTable implements RevisionTable {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #deleted: boolean[] = [];
  readonly #numbersOfRaw = new Map<string, number>();

  get size(): number {
    return this.#texts.length;
  }

  /** The number of this set, new if it was never seen. */
  numberOf(flags: MessageFlags): number {
    const raw = flags.join(' ');
    let number = this.#numbersOfRaw.get(raw);
    if (number === undefined) {
      number = this.numberOfText(flagText(flags));
      this.#numbersOfRaw.set(raw, number);
    }
    return number;
  }

  numberOfText(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#texts.length;
      this.#numbers.set(text, number);
      this.#texts.push(text);
      this.#deleted.push(flagsOfText(text).includes(DELETED_FLAG));
    }
    return number;
  }

  /** Undefined for a text that the table never numbered. */
  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  textOf(number: number): string {
    return this.#texts[number] ?? '';
  }

  emptied(): FlagTable {
    return new FlagTable();
  }

  /** Messages marked for deletion are hidden from devices. */
  isHidden(number: number): boolean {
    return this.#deleted[number] ?? false;
  }
}
