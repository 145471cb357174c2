/** What it costs that a command comes to another server than its user's owner: the same bytes sent to the one and to the other. */
import { TestPool } from '../../support/pool/test-pool.ts';
import type { Figure } from '../figure.ts';
import { RawHttp } from '../standalone/raw-http.ts';
import { percentile } from '../standalone/statistics.ts';
import { type Phone, phonesOf, userNames } from './phones.ts';

const USERS = 12;
const WARM_UP = 30;
const TIMES = 100;

export async function benchProxied(say: (text: string) => void): Promise<readonly Figure[]> {
  const pool = await TestPool.start({ users: userNames(USERS), store: 'embedded', wires: [] });
  try {
    const phones = await phonesOf(pool, pool.users, () => pool.url);
    const owners = await pool.owners();
    const own: number[] = [];
    const other: number[] = [];
    say(`sending ${USERS * TIMES * 2} commands`);
    for (const phone of phones) {
      const owner = pool.servers.find((it) => owners.get(it.name)?.includes(phone.user));
      const front = pool.servers.find((it) => it !== owner);
      await alternate(phone, owner?.port ?? 0, front?.port ?? 0, own, other);
    }
    return [
      {
        name: 'extra latency of a proxied command, p50',
        value: percentile(other, 0.5) - percentile(own, 0.5),
        unit: 'ms',
        target: { value: 2, is: 'at most' },
        baseline: { name: 'at its owner', value: percentile(own, 0.5) },
        note: `Sync without a change, ${own.length} to the owner and as many to another server, in turn; p99 ${percentile(other, 0.99).toFixed(1)} ms after ${percentile(own, 0.99).toFixed(1)} ms`,
      },
    ];
  } finally {
    await pool.stop();
  }
}

async function alternate(phone: Phone, ownerPort: number, frontPort: number, own: number[], other: number[]) {
  const request = phone.syncRequest();
  const toOwner = await RawHttp.connect(ownerPort);
  const toFront = await RawHttp.connect(frontPort);
  for (let time = 0; time < WARM_UP + TIMES; time++) {
    const [ownMs, otherMs] = [await took(toOwner, request), await took(toFront, request)];
    if (time < WARM_UP) continue;
    own.push(ownMs);
    other.push(otherMs);
  }
  toOwner.close();
  toFront.close();
}

async function took(connection: RawHttp, request: Uint8Array): Promise<number> {
  const fromMs = performance.now();
  const { status, body } = await connection.send(request);
  // The empty answer: nothing changed.
  if (status !== 200 || body.length > 0) throw new Error(`status ${status} with ${body.length} bytes`);
  return performance.now() - fromMs;
}
