/**
 * How large and how long the tests of a pool are: as the requirement says with `npm run test:faults`, and for every change a
 * short form of the same.
 */
const IS_FULL = process.env['CARAVAN_FAULT_SIZE'] === 'full';

/** With two devices each. */
export const USERS = Number(process.env['CARAVAN_TEST_USERS'] ?? (IS_FULL ? 100 : 12));
export const SERVERS = IS_FULL ? 5 : 3;
export const DELIVER_EVERY_MS = IS_FULL ? 60 : 200;

/** What takes longer in full. */
export const seconds = (inFull: number, short: number): number => (IS_FULL ? inFull : short) * 1_000;

export const pause = (delayMs: number): Promise<void> => new Promise((done) => setTimeout(done, delayMs));
