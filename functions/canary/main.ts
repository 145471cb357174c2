/** Scheduled, once a minute: a device of ours syncs a test mailbox through the front door, as phones do. */
import { createLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { once, Secrets, variable } from '../environment.ts';
import { Canary, type Flight } from './canary.ts';
import { mailboxOf } from './mailbox.ts';

const log = createLog();
const secrets = new Secrets();
const open = once(async () => {
  const url = variable(process.env, 'CARAVAN_CANARY_URL');
  const pool = variable(process.env, 'CARAVAN_POOL');
  const write = (line: string) => process.stdout.write(`${line}\n`);
  return new Canary({ url, pool, clock: systemClock, random: systemRandom, log, write });
});

export const handler = async (): Promise<Flight> => {
  const canary = await open();
  return canary.fly(() => mailboxOf(secrets, variable(process.env, 'CARAVAN_CANARY_SECRET_ARN')));
};
