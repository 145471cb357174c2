/**
 * Lines of one kind that the protocol counts: Home and Home2 phone number, Email1 to Email3, instant messaging addresses. Which
 * line is in which place follows from the card alone; a place that does not (the second without a first) is marked on its line.
 */
import type { ContentLine } from '../content-lines/content-line.ts';
import { escapeText } from '../content-lines/text-values.ts';
import type { TagName } from '../../protocol/index.ts';
import { type Card, typesOf } from './card.ts';

export interface SlotGroup {
  /** In the order of the places. */
  readonly tags: readonly TagName[];
  /** The first is what new lines are called. */
  readonly names: readonly string[];
  readonly matches: (line: ContentLine, card: Card) => boolean;
  readonly types: readonly string[];
  readonly toText: (line: ContentLine) => string;
  /** The line's value, of a device's text. */
  readonly toValue: (text: string, line: ContentLine | undefined) => string;
}

/** More than any kind has. */
const NO_PLACE = 9;
const PLACE = /^X-PLACE-([1-9])$/;

export const plainSlots = {
  toText: (line: ContentLine): string => line.text.trim(),
  toValue: (text: string): string => escapeText(text),
};

/** The lines by place, from 0. */
export function placesOf(group: SlotGroup, card: Card): readonly (ContentLine | undefined)[] {
  const lines = group.names.flatMap((name) => card.component.lines(name)).filter((it) => group.matches(it, card));
  const places: (ContentLine | undefined)[] = group.tags.map(() => undefined);
  const ordered = card.component.entries.filter((it): it is ContentLine => lines.includes(it as ContentLine));
  for (const line of ordered) {
    const place = markOf(line);
    if (place !== undefined && place < places.length) places[place] ??= line;
  }
  for (const line of ordered) {
    if (places.includes(line) || markOf(line) !== undefined || group.toText(line) === '') continue;
    const free = places.indexOf(undefined);
    if (free >= 0) places[free] = line;
  }
  return places;
}

const markOf = (line: ContentLine): number | undefined => {
  for (const type of typesOf(line)) {
    const match = PLACE.exec(type);
    if (match) return Number(match[1]) - 1;
  }
  return undefined;
};

/** `text` undefined: the place is empty from now on. The others stay in theirs. */
export function writePlace(group: SlotGroup, card: Card, place: number, text: string | undefined): void {
  const before = [...placesOf(group, card)];
  const old = before[place];
  const value = text === undefined ? undefined : group.toValue(text, old);
  card.replace(old, value, group.names[0] as string, { TYPE: group.types });
  const wanted = before.map((line, index) =>
    index === place ? (value === undefined ? undefined : newLine(card, before, group)) : line,
  );
  wanted.forEach((line, index) => {
    if (line && placesOf(group, card)[index] !== line) mark(card, line, index + 1);
  });
  // One that had no place takes none that was emptied: the device would not know that it is there, and empty it again.
  wanted.forEach((line, index) => {
    if (line) return;
    for (let other = placesOf(group, card)[index]; other; other = placesOf(group, card)[index])
      mark(card, other, NO_PLACE);
  });
}

const mark = (card: Card, line: ContentLine, place: number): void => {
  const types = [...line.parameterValues('TYPE'), `X-PLACE-${place}`];
  card.component.put(line.with(line.value, { TYPE: types }), line);
};

/** The line that was not there before. */
const newLine = (card: Card, before: readonly (ContentLine | undefined)[], group: SlotGroup): ContentLine | undefined =>
  placesOf(group, card).find((it) => it && !before.includes(it));
