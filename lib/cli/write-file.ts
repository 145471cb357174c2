/** Files that a subcommand leaves behind. */
import { existsSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { reasonOf } from '../platform/index.ts';
import { CliError } from './errors.ts';

/** Throws CliError where there is one already and nobody said to write over it. */
export function mustNotBe(file: string, isForced: boolean, flag: string): void {
  if (existsSync(file) && !isForced)
    throw new CliError(
      'bad-option',
      `${resolve(file)} is there already`,
      `Name another with ${flag}, or add --force to write over it.`,
    );
}

export function writeText(file: string, text: string, flag: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new CliError(
      'cannot-keep-state',
      `${file} cannot be written: ${reasonOf(cause)}`,
      `Name another with ${flag}.`,
      cause,
    );
  }
}
