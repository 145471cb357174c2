/** The owner is killed with kill -9: when are its users' next commands answered, and when is a waiting device told of news? */
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { RawHttp } from '../standalone/raw-http.ts';
import { percentile } from '../standalone/statistics.ts';
import { atOnce, deliver, pause, type Phone, phonesOf, userNames } from './phones.ts';
import { busiest, timesOf, waitingAt } from './rounds.ts';

const USERS = 30;
const ROUNDS = 8;
/** The next commands come in over so long after the death. */
const OVER_MS = 1_000;
const SETTLE_MS = 3_000;

export async function benchKilled(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: [] });
  try {
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const usual = await timesOf(phones, (phone) => phone.sync());
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      say(`killing an owner, ${round + 1} of ${ROUNDS}`);
      const { server, theirs } = await busiest(pool, phones);
      await server.kill();
      times.push(
        ...(await timesOf(
          theirs,
          (phone) => phone.sync(),
          () => pause(Math.random() * OVER_MS),
        )),
      );
      await server.process.launch();
      await pool.untilHealthy();
      // Every server has a connection to every other again, as in a pool at work.
      for (let door = 0; door < pool.servers.length; door++) await atOnce(phones, (phone) => phone.sync());
      await pause(SETTLE_MS);
    }
    return [
      {
        name: 'owner killed with kill -9: its users’ next command answered, p99',
        value: percentile(times, 0.99) / 1000,
        unit: 's',
        target: { value: 3, is: 'at most' },
        baseline: { name: 'nobody killed', value: percentile(usual, 0.99) / 1000 },
        note: `${times.length} commands in ${ROUNDS} kills, through the sprayer; median ${percentile(times, 0.5).toFixed(0)} ms`,
      },
    ];
  } finally {
    await pool.stop();
  }
}

export async function benchWaitingPing(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: [] });
  try {
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const usual = await gaps(pool, phones, async () => {});
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      say(`killing the owner of waiting devices, ${round + 1} of ${ROUNDS}`);
      const { server, theirs } = await busiest(pool, phones);
      times.push(...(await gaps(pool, theirs, async () => void (await server.kill()), server.name)));
      await server.process.launch();
      await pool.untilHealthy();
      await atOnce(phones, (phone) => phone.sync());
      await pause(SETTLE_MS);
    }
    return [
      {
        name: 'a waiting Ping whose owner dies: from the news to the answer, p99',
        value: percentile(times, 0.99) / 1000,
        unit: 's',
        target: { value: 3, is: 'at most' },
        baseline: { name: 'nobody killed', value: percentile(usual, 0.99) / 1000 },
        note: `${times.length} Pings in ${ROUNDS} kills, mail delivered right after the death; every one was answered on the connection that it came by; median ${percentile(times, 0.5).toFixed(0)} ms`,
      },
    ];
  } finally {
    await pool.stop();
  }
}

/** Milliseconds from the delivery after what happens to the answer, each at a door of a server that is not `not`. */
async function gaps(
  pool: TestPool,
  phones: readonly Phone[],
  happening: () => Promise<void>,
  not?: string,
): Promise<readonly number[]> {
  const doors = pool.servers.filter((it) => it.name !== not && it.process.isRunning);
  const held = await Promise.all(
    phones.map(async (phone, index) => {
      const connection = await RawHttp.connect(doors[index % doors.length]?.port ?? 0);
      return { phone, connection, answer: connection.send(phone.pingRequest()) };
    }),
  );
  await pool.until(async () => (await waitingAt(pool)) >= phones.length, 'every device waits');
  await happening();
  const times: number[] = [];
  await Promise.all(
    held.map(async ({ phone, connection, answer }) => {
      const fromMs = performance.now();
      await deliver(pool, phone.user, 'news');
      const { status, body } = await answer;
      if (status !== 200 || body.length === 0) throw new Error(`a Ping was answered ${status}`);
      times.push(performance.now() - fromMs);
      connection.close();
      await phone.sync();
    }),
  );
  return times;
}
