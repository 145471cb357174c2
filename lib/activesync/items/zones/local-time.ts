/** Local times as milliseconds, as if they were UTC, and the moments that they are. */
import type { Offsets } from './time-zone.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export const toLocal = (epochMs: number, offsets: Offsets): number => epochMs + offsets(epochMs) * MINUTE_MS;

/** RFC 5545 section 3.3.5: a time that comes twice is the first one, one that does not come is counted from before the gap. */
export function toInstant(localMs: number, offsets: Offsets): number {
  const before = offsets(localMs - DAY_MS);
  const first = localMs - before * MINUTE_MS;
  if (offsets(first) === before) return first;
  const after = offsets(localMs + DAY_MS);
  const second = localMs - after * MINUTE_MS;
  return offsets(second) === after ? second : first;
}
