/** Scheduled, once a minute: which servers should give users to which. The orders ride on the servers' beats. */
import { createLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type Give, runBalance } from '../../lib/pool/index.ts';
import { once, openPool } from '../environment.ts';

const log = createLog();
const open = once(() => openPool(process.env));

export const handler = async (): Promise<readonly Give[]> => {
  const { store, pool } = await open();
  const gives = await runBalance({ store, pool, clock: systemClock, random: systemRandom });
  for (const give of gives) log.info({ pool, ...give }, 'A server is to give users to another');
  return gives;
};
