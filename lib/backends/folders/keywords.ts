/**
 * Flags as letters of a file name. The capital ones are Maildir's; small ones stand for keywords, by the folder's file
 * `caravan-keywords` (a line each: number of the letter, keyword), which is changed under the user's lock alone.
 */
import { join } from 'node:path';
import { BackendError } from '../errors.ts';
import type { MessageFlags } from '../message.ts';
import { sortLetters } from './file-names.ts';
import { readText, replaceFile, signatureOf } from './files.ts';

export const KEYWORDS_FILE = 'caravan-keywords';
const LETTERS_COUNT = 26;
const LETTER_A = 97;
const KEYWORD_LIMIT_CHARACTERS = 250;
const SYSTEM: readonly (readonly [letter: string, flag: string])[] = [
  ['D', '\\Draft'],
  ['F', '\\Flagged'],
  ['P', '$Forwarded'],
  ['R', '\\Answered'],
  ['S', '\\Seen'],
  ['T', '\\Deleted'],
];
const FLAG_OF_LETTER = new Map(SYSTEM);
const LETTER_OF_FLAG = new Map(SYSTEM.map(([letter, flag]) => [flag.toLowerCase(), letter]));

export class Keywords {
  readonly path: string;
  #signature = '';
  /** By number of the letter. */
  #names: (string | undefined)[] = [];

  constructor(directory: string) {
    this.path = join(directory, KEYWORDS_FILE);
  }

  /** Reads the file again if it changed; tells whether it did. */
  async load(): Promise<boolean> {
    const signature = await signatureOf(this.path);
    if (signature === this.#signature) return false;
    const names: (string | undefined)[] = [];
    for (const line of ((await readText(this.path)) ?? '').split('\n')) {
      const match = /^(\d{1,2}) (.+)$/.exec(line);
      if (match && Number(match[1]) < LETTERS_COUNT) names[Number(match[1])] = match[2];
    }
    this.#names = names;
    this.#signature = signature;
    return true;
  }

  flagsOf(letters: string): MessageFlags {
    const flags: string[] = [];
    for (const letter of letters) {
      const flag = FLAG_OF_LETTER.get(letter) ?? this.#names[letter.charCodeAt(0) - LETTER_A];
      if (flag !== undefined) flags.push(flag);
    }
    return flags;
  }

  /** The letter of each flag, those unknown left out. */
  lettersOf(flags: MessageFlags): string {
    return sortLetters(flags.map((flag) => this.#letterOf(flag) ?? ''));
  }

  /**
   * As `lettersOf`, with letters given to keywords that have none yet. When all are given, `usedLetters` tells those that some
   * message bears: the others are taken from their keywords. Call it under the lock.
   */
  async assign(flags: MessageFlags, usedLetters: () => Promise<ReadonlySet<string>>): Promise<string> {
    const fresh = new Map<string, string>();
    for (const flag of flags) {
      if (isKeyword(flag) && this.#letterOf(flag) === undefined) fresh.set(flag.toLowerCase(), flag);
    }
    if (fresh.size > 0) {
      const names = Array.from({ length: LETTERS_COUNT }, (_, number) => this.#names[number]);
      const free = numbersWhere(names, (name) => name === undefined);
      if (free.length < fresh.size) {
        const used = await usedLetters();
        const wanted = new Set(this.lettersOf(flags));
        const idle = (name: string | undefined, letter: string) =>
          name !== undefined && !used.has(letter) && !wanted.has(letter);
        free.push(...numbersWhere(names, idle));
      }
      if (free.length < fresh.size) throw tooMany();
      for (const [i, flag] of [...fresh.values()].entries()) names[free[i] as number] = flag;
      const lines = names.map((name, number) => (name === undefined ? '' : `${number} ${name}\n`));
      await replaceFile(this.path, lines.join(''));
      this.#names = names;
      this.#signature = await signatureOf(this.path);
    }
    return this.lettersOf(flags);
  }

  #letterOf(flag: string): string | undefined {
    const wanted = flag.toLowerCase();
    const system = LETTER_OF_FLAG.get(wanted);
    if (system !== undefined) return system;
    const number = this.#names.findIndex((name) => name?.toLowerCase() === wanted);
    return number < 0 ? undefined : String.fromCharCode(LETTER_A + number);
  }
}

function numbersWhere(
  names: readonly (string | undefined)[],
  isWanted: (name: string | undefined, letter: string) => boolean,
): number[] {
  return names.flatMap((name, number) => (isWanted(name, String.fromCharCode(LETTER_A + number)) ? [number] : []));
}

function tooMany(): BackendError {
  return new BackendError('over-quota', 'the folder has no room for another keyword', {
    why: `its messages bear ${LETTERS_COUNT} different ones`,
    remedy: 'Remove a category from all messages of this folder.',
  });
}

/** Anything that is neither a system flag nor unusable in a line of the file. */
function isKeyword(flag: string): boolean {
  // oxlint-disable-next-line no-control-regex -- exactly those are refused
  return !flag.startsWith('\\') && /^[^\u0000-\u001f]+$/.test(flag) && flag.length <= KEYWORD_LIMIT_CHARACTERS;
}
