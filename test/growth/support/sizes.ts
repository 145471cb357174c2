/** As the requirement says with `npm run test:faults`, and for every change a short form of the same. */
export const IS_FULL = process.env['CARAVAN_FAULT_SIZE'] === 'full';

/** With two devices each. */
export const USERS = Number(process.env['CARAVAN_TEST_USERS'] ?? (IS_FULL ? 50 : 4));
export const KILLS = Number(process.env['CARAVAN_TEST_KILLS'] ?? (IS_FULL ? 30 : 3));
/** Mail comes in. */
export const EVERY_MS = IS_FULL ? 60 : 200;
/** Fifty users one after the other, beside everything else that the machine does. */
export const OVER_MS = IS_FULL ? 900_000 : 120_000;
