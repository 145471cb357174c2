import { CliError } from './errors.ts';

/** Of an option. Throws CliError('bad-option'). */
export function wholeNumber(option: string, value: string, least: number, most: number): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number >= least && number <= most) return number;
  throw new CliError(
    'bad-option',
    `${option} ${value} is no such number`,
    `Give a whole number from ${least} to ${most}.`,
  );
}
