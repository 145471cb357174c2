/** The part of the full number that a quick run does. */
const QUICK_PART = 0.02;

/** How many cases to try: all of them in `npm run test:all`, a few in `npm test`. */
export function fuzzCases(full: number): number {
  return process.env['CARAVAN_TEST_SIZE'] === 'full' ? full : Math.ceil(full * QUICK_PART);
}
