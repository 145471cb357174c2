/** FilterType (MS-ASCMD 2.2.3.68): how far back a collection reaches. */
import type { ItemClass } from '../../backends/index.ts';

/** By FilterType; undefined: everything. */
const DAYS: readonly (number | undefined)[] = [undefined, 1, 3, 7, 14, 30, 90, 180];
/** Tasks that are not done yet. */
const INCOMPLETE_TASKS = 8;

/**
 * Days for a FilterType; `'invalid'` if the class has none such. Devices send values that the specification has for
 * another class: 3 and 6 months of mail are honoured as what they say, and classes without dates take anything.
 */
export function filterDays(
  filterType: number | undefined,
  itemClass: ItemClass,
): number | 'incomplete' | undefined | 'invalid' {
  if (filterType === undefined) return undefined;
  if (filterType === INCOMPLETE_TASKS && itemClass !== 'Email') return itemClass === 'Tasks' ? 'incomplete' : undefined;
  if (!(filterType in DAYS)) return 'invalid';
  return itemClass === 'Email' || itemClass === 'Calendar' ? DAYS[filterType] : undefined;
}
