/** What the benches of a pool have in common: whom a server serves, how long each command took, who waits. */
import type { PoolServer } from '../../support/pool/pool-server.ts';
import type { TestPool } from '../../support/pool/test-pool.ts';
import type { Phone } from './phones.ts';

/** The running server with the most users. */
export async function busiest(
  pool: TestPool,
  phones: readonly Phone[],
): Promise<{ readonly server: PoolServer; readonly theirs: readonly Phone[] }> {
  const server = await pool.busiest();
  const users = await pool.usersOf(server);
  return { server, theirs: phones.filter((it) => users.includes(it.user)) };
}

/** Milliseconds of each. */
export function timesOf<T>(
  all: readonly T[],
  run: (one: T) => Promise<void>,
  before: () => Promise<void> = async () => {},
): Promise<readonly number[]> {
  return Promise.all(
    all.map(async (one) => {
      await before();
      const fromMs = performance.now();
      await run(one);
      return performance.now() - fromMs;
    }),
  );
}

/** Devices that are held at the doors of all servers, by their own count. */
export async function waitingAt(pool: TestPool): Promise<number> {
  const counts = await Promise.all(
    pool.servers.filter((it) => it.process.isRunning).map((it) => gauge(it, 'caravan_waiting_devices')),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

/** One of its metrics without labels. */
export async function gauge(server: PoolServer, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${server.administrationPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
}
