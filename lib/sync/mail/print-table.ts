/** Revisions of resources: a print of the etag, 32 bits, which as a text is its number in base 36. */
import { createHash } from 'node:crypto';
import type { MessageFlags } from '../../backends/index.ts';
import type { RevisionTable } from './flag-sets.ts';

const BASE = 36;

export function printOf(etag: string): string {
  return printOfNumber(createHash('sha256').update(etag).digest().readUInt32BE(0));
}

export const printOfNumber = (number: number): string => number.toString(BASE);

export const numberOfPrint = (print: string): number => Number.parseInt(print, BASE) || 0;

/** Holds nothing: a print is its own number. */
export class PrintTable implements RevisionTable {
  readonly size = 0;
  numberOf = ([print = '']: MessageFlags): number => numberOfPrint(print);
  numberOfText = numberOfPrint;
  find = numberOfPrint;
  textOf = printOfNumber;
  isHidden = (): boolean => false;
  emptied = (): PrintTable => this;
}
