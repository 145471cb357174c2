/** Birthday and anniversary: days, that devices have as moments (MS-ASCNTC 2.2.2.3, 2.2.2.7). */
import { element, MalformedValue, parseTimestamp, type TagName, textOf } from '../../protocol/index.ts';
import type { ContentLine, ParameterChanges } from '../content-lines/content-line.ts';
import { dateTime } from '../date-time.ts';
import type { ChangeContext } from '../resource-codec.ts';
import type { Field } from '../resource-fields.ts';
import type { Zones } from '../zones/zones.ts';
import { toLocal } from '../zones/local-time.ts';
import type { Card } from './card.ts';

const DAY_MS = 86_400_000;
/** A year that Apple writes for a birthday without one, in cards and on phones; it is a leap year. */
const NO_YEAR = 1604;
const OMIT_YEAR = 'X-APPLE-OMIT-YEAR';

/** `1990-05-06`, `19900506`, `--0506`, with or without a time; undefined for words, and for days that do not exist. */
export function dayOf(text: string): { year: number; month: number; day: number } | undefined {
  const match = /^(\d{4}|--)-?(\d{2})-?(\d{2})(?:T.*)?$/.exec(text.trim());
  if (!match) return undefined;
  const [year, month, day] = [match[1] === '--' ? NO_YEAR : Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? { year, month, day } : undefined;
}

/**
 * The day that a device means: its own midnight, where it is one in the user's zone; else the nearest of UTC, since some write
 * midnight somewhere, some a minute before noon.
 */
export function dayOfMoment(epochMs: number, { zone }: ChangeContext, zones: Zones): string {
  const known = zone === undefined ? undefined : zones.named(zone);
  const localMs = known ? toLocal(epochMs, known.offsets) : epochMs;
  const dayMs = localMs % DAY_MS === 0 ? localMs : Math.floor((epochMs + DAY_MS / 2 - 1) / DAY_MS) * DAY_MS;
  return new Date(epochMs % DAY_MS === 0 ? epochMs : dayMs).toISOString().slice(0, 10);
}

export const dateField = (tag: TagName, names: readonly string[], label: string, zones: Zones): Field<Card> => {
  const lineOf = (card: Card): ContentLine | undefined =>
    names.map((it) => card.component.line(it)).find((it) => it) ??
    card.component.lines('X-ABDATE').find((it) => card.label(it)?.toLowerCase() === label);
  return {
    tag,
    read: (card) => {
      const day = dayOf(lineOf(card)?.value ?? '');
      return day && element(tag, dateTime(new Date(Date.UTC(day.year, day.month - 1, day.day))));
    },
    write: (card, it, context) => {
      const line = lineOf(card);
      if (!it) {
        // A day that no device was shown is not its to delete.
        if (line && dayOf(line.value)) card.remove(line);
        return;
      }
      const epochMs = parseTimestamp(textOf(it).trim());
      if (epochMs === undefined) throw new MalformedValue(tag, textOf(it), 'a date such as 1990-05-06T00:00:00.000Z');
      const day = dayOfMoment(epochMs, context, zones);
      if (line && sameDay(line.value, day)) return;
      const [name = ''] = card.isVersion4 ? names : names.slice(-1);
      const { value, parameters } = written(card, day);
      if (!line) card.replace(undefined, value, name, parameters);
      else card.component.put(line.with(value, { VALUE: undefined, ...parameters }), line);
    },
  };
};

function sameDay(value: string, day: string): boolean {
  const known = dayOf(value);
  return (
    known !== undefined && new Date(Date.UTC(known.year, known.month - 1, known.day)).toISOString().startsWith(day)
  );
}

/** RFC 6350 has words for a day without a year; before, Apple's are what programs know. */
function written(card: Card, day: string): { readonly value: string; readonly parameters: ParameterChanges } {
  const isYearless = day.startsWith(String(NO_YEAR));
  if (card.isVersion4) {
    const digits = day.replaceAll('-', '');
    return { value: isYearless ? `--${digits.slice(4)}` : digits, parameters: { [OMIT_YEAR]: undefined } };
  }
  return { value: day, parameters: { [OMIT_YEAR]: isYearless ? String(NO_YEAR) : undefined } };
}
