/** What a waiting device costs whose front is not its owner: the growth of both servers with 5,000 held, beside a bare server's. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { PoolServer } from '../../support/pool/pool-server.ts';
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { forkProgram, messageOf } from '../standalone/child.ts';
import { residentBytes } from '../standalone/server-process.ts';
import { atOnce, deliver, pause, Phone, userNames } from './phones.ts';
import { gauge } from './rounds.ts';

const USERS = 100;
const DEVICES = 5_000;
const AT_ONCE = 8;
/** Sent at once; the next ones when these wait. Faster, and the store's stand-in would not answer in time on two cores. */
const PORTION = 40;
const SETTLE_MS = 4_000;

export async function benchHeld(say: (text: string) => void): Promise<readonly Figure[]> {
  // Thousands that come at once on two cores keep the owner's event loop busy, and a busy server gives users away, who then wait
  // elsewhere: here nobody is told to, as in the cloud, where a function decides.
  const settings = {
    'devices-max-per-user': '1000',
    'limits-max-concurrent-requests': '20000',
    'log-level': 'error',
    'pool-balance': 'function',
  };
  const pool = await TestPool.start({ servers: 2, users: userNames(USERS), store: 'embedded', wires: [], settings });
  try {
    const [owner, front] = [pool.server(0), pool.server(1)];
    for (const user of pool.users) {
      await pool.administration.bind(user, owner.address);
      await deliver(pool, user, 'first');
    }
    say(`${DEVICES} devices do their first Sync`);
    const requests: Buffer[] = [];
    const numbers = Array.from({ length: DEVICES }, (_, number) => number);
    const door = () => `http://127.0.0.1:${owner.port}`;
    await atOnce(
      numbers,
      async (number) => {
        const phone = await Phone.synced(pool.users[number % USERS] as string, `HELD${number}`, door);
        requests.push(phone.pingRequest());
        phone.close();
      },
      AT_ONCE,
    );
    // Servers that served 5,000 first Syncs have room in their heaps: those that wait are held by new ones.
    for (const server of [front, owner]) {
      await server.kill();
      await server.process.launch();
    }
    await pool.untilHealthy();
    const hang = async (devices: readonly Buffer[]) => {
      const held = await hold(front.port, devices, (count) => waitAt(pool, front, count));
      for (const socket of held) socket.destroy();
      await pool.until(async () => (await gauge(front, 'caravan_waiting_devices')) === 0, 'nobody waits any more');
    };
    await hang(requests.slice(0, USERS));
    await pool.until(async () => (await pool.usersOf(owner)).length === USERS, 'the owner has its users');
    await hang(requests.slice(0, USERS * 2));
    await pause(SETTLE_MS);
    const before = residentOf(owner) + residentOf(front);
    const [ownerBefore] = [residentOf(owner)];
    say(`${DEVICES} devices wait`);
    const sockets = await hold(front.port, requests, (count) => waitAt(pool, front, count));
    const growth = residentOf(owner) + residentOf(front) - before;
    const ownerGrowth = residentOf(owner) - ownerBefore;
    for (const socket of sockets) socket.destroy();
    return [
      {
        name: `a waiting device whose front is not its owner, both servers together, ${DEVICES} held`,
        value: growth / DEVICES / 1024,
        unit: 'KiB',
        target: { value: 26, is: 'at most' },
        baseline: {
          name: 'a request held by a bare node:http',
          value: (await bareGrowth(requests)) / DEVICES / 1024,
        },
        note: `${DEVICES / USERS} devices a user; of it ${(ownerGrowth / DEVICES / 1024).toFixed(1)} KiB at the owner`,
      },
    ];
  } finally {
    await pool.stop();
  }
}

const residentOf = (server: PoolServer): number => residentBytes(server.process.pid);

const waitAt = (pool: TestPool, front: PoolServer, count: number): Promise<void> =>
  pool.until(async () => (await gauge(front, 'caravan_waiting_devices')) >= count, `${count} devices wait`);

/** `areHeld` resolves when so many wait. */
async function hold(
  port: number,
  requests: readonly Buffer[],
  areHeld: (count: number) => Promise<void> = () => pause(0),
): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  const answers: string[] = [];
  for (const [at, request] of requests.entries()) {
    const socket = connect(port, '127.0.0.1');
    socket.on('data', (answer: Buffer) => answers.push(answer.toString('latin1').slice(0, 200)));
    sockets.push(socket);
    socket.write(request);
    if (at % AT_ONCE === 0) await once(socket, 'connect');
    if ((at + 1) % PORTION === 0 || at + 1 === requests.length) await areHeld(at + 1);
  }
  await pause(SETTLE_MS);
  if (answers.length > 0) throw new Error(`${answers.length} Pings did not wait: ${answers[0]}`);
  return sockets;
}

async function bareGrowth(requests: readonly Buffer[]): Promise<number> {
  const child = forkProgram('bare-server.ts', 'hold');
  const port = await messageOf<number>(child);
  for (const socket of await hold(port, requests.slice(0, USERS * 4))) socket.destroy();
  const before = residentBytes(child.pid ?? 0);
  const sockets = await hold(port, requests);
  const growth = residentBytes(child.pid ?? 0) - before;
  for (const socket of sockets) socket.destroy();
  child.kill();
  return growth;
}
