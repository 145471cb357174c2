/**
 * Every kind of command, as one thing that a person does with a phone: what has to be there first, the command, and its
 * effect, which must be there exactly once however often the network made the phone repeat it.
 */
import { FOLDERS } from './scenarios/folders.ts';
import { ITEMS, MOVES } from './scenarios/items.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { SENDING } from './scenarios/sending.ts';
import { SYNC } from './scenarios/sync.ts';

export { letterFrom, type Part, type Play, type Scenario } from './scenarios/scenario.ts';

export const SCENARIOS: readonly Scenario[] = [...FOLDERS, ...SYNC, ...ITEMS, ...MOVES, ...SENDING];
