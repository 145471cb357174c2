/**
 * Names of message files: `<base>:2,<letters>`, the letters being flags (Maildir). Bases of ours tell the time of arrival and
 * the size, so that a folder can be listed without looking at every file.
 */
import { type Random, randomName } from '../../platform/index.ts';

const INFO = ':2,';
const OURS = /^(\d{1,11})\.M(\d{6})R[0-9a-v]{16}\.caravan,S=(\d{1,15})$/;
// oxlint-disable-next-line no-control-regex -- names with line breaks would break the UID list
const UNUSABLE = /^\.|[\u0000-\u001f\u007f]/;

export interface MessageFacts {
  readonly receivedAt: Date;
  readonly sizeBytes: number;
}

/** A base name that nobody else has chosen or will choose. */
export function newBase(facts: MessageFacts, random: Random): string {
  const timeMs = Math.min(Math.max(0, facts.receivedAt.getTime()), 99_999_999_999_000);
  const micros = String(Math.floor(timeMs % 1000) * 1000).padStart(6, '0');
  return `${Math.floor(timeMs / 1000)}.M${micros}R${randomName(random)}.caravan,S=${facts.sizeBytes}`;
}

/** What a base of ours tells; undefined for names that other programs chose. */
export function factsOf(base: string): MessageFacts | undefined {
  const match = OURS.exec(base);
  if (!match) return undefined;
  return {
    receivedAt: new Date(Number(match[1]) * 1000 + Math.floor(Number(match[2]) / 1000)),
    sizeBytes: Number(match[3]),
  };
}

/** Base and letters of a file in `new` or `cur`; undefined for what is no message. */
export function splitFileName(file: string): { readonly base: string; readonly letters: string } | undefined {
  if (UNUSABLE.test(file)) return undefined;
  const at = file.lastIndexOf(INFO);
  if (at === 0) return undefined;
  return at < 0 ? { base: file, letters: '' } : { base: file.slice(0, at), letters: sortLetters(file.slice(at + 3)) };
}

export function joinFileName(base: string, letters: string): string {
  return `${base}${INFO}${letters}`;
}

/** Maildir wants them in ASCII order, each once; anything but letters is dropped. */
export function sortLetters(letters: string | readonly string[]): string {
  if (typeof letters === 'string' && /^[A-Za-z]?$/.test(letters)) return letters;
  return [...new Set(letters)]
    .filter((letter) => /^[A-Za-z]$/.test(letter))
    .sort()
    .join('');
}
