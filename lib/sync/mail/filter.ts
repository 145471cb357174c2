/** The filter's window: mail of the last so many days, events that were not over by then, or tasks that are not done. */
import type { CollectionOptions } from '../collection-request.ts';
import { ALL_TIME } from './folder-view.ts';

const DAY_MS = 86_400_000;
/** In the place of a cut-off: tasks that are not done. No window begins so early. */
export const ONLY_INCOMPLETE = 1;

/**
 * Where the window begins, milliseconds since 1970. It moves at midnight UTC only, so that what grows out of it goes once
 * a day and not with every Sync; the window is up to a day wider than asked for, never narrower.
 */
export function cutOffOf(filterDays: CollectionOptions['filterDays'], now: number): number {
  if (filterDays === 'incomplete') return ONLY_INCOMPLETE;
  if (filterDays === undefined) return ALL_TIME;
  return Math.max(ALL_TIME, Math.floor((now - filterDays * DAY_MS) / DAY_MS) * DAY_MS);
}
