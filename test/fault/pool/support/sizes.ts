/** How large and how long the tests of a pool are: as the requirement says in full, and for every change a short one. */
const IS_FULL = process.env['CARAVAN_TEST_SIZE'] === 'full';

/** With two devices each. */
export const USERS = Number(process.env['CARAVAN_TEST_USERS'] ?? (IS_FULL ? 100 : 20));
export const DELIVER_EVERY_MS = IS_FULL ? 60 : 200;

/** What takes longer in full. */
export const seconds = (inFull: number, quick: number): number => (IS_FULL ? inFull : quick) * 1_000;

export const pause = (delayMs: number): Promise<void> => new Promise((done) => setTimeout(done, delayMs));
