/** MergedFreeBusy (MS-ASCMD 2.2.3.107): a digit for every half hour from the start, the busiest thing in it. */
import type { BusyTime } from '../../backends/index.ts';

export const SLOT_MS = 30 * 60_000;
/** R3317. */
const MAX_DIGITS = 32 * 1024;

/** R3321 to R3325: the values of the digits. */
const DIGITS = { free: 0, tentative: 1, busy: 2, away: 3, unknown: 4 } as const;

/** Undefined: nothing is known of the whole time. Instants are milliseconds since 1970, `endMs` exclusive. */
export function mergedFreeBusy(busy: readonly BusyTime[] | undefined, startMs: number, endMs: number): string {
  const count = Math.min(Math.ceil((endMs - startMs) / SLOT_MS), MAX_DIGITS);
  const slots = Array.from<number>({ length: count }).fill(busy === undefined ? DIGITS.unknown : DIGITS.free);
  for (const { fromMs, toMs, kind } of busy ?? []) {
    // R3332: what ends within a slot counts for it; what ends where it begins does not.
    const first = Math.max(0, Math.floor((fromMs - startMs) / SLOT_MS));
    const last = Math.min(count, Math.ceil((toMs - startMs) / SLOT_MS));
    for (let slot = first; slot < last; slot++) slots[slot] = Math.max(slots[slot] ?? 0, DIGITS[kind]);
  }
  return slots.join('');
}
