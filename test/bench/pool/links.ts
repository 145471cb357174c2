/**
 * What passing on costs by itself: the processor time that both ends of a link take for a request that nothing is done for, in two
 * processes, with so many under way at once.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { OWNER, request, startFront } from '../../server/peer/support/two-servers.ts';
import type { Figure } from '../figure.ts';
import { forkProgram, messageOf } from '../standalone/child.ts';

const AT_ONCE = [1, 4, 12] as const;
const REQUESTS = 6_000;
/** Of a Sync. */
const BODY = Buffer.alloc(150, 3);

export async function benchLinks(say: (text: string) => void): Promise<readonly Figure[]> {
  const child = forkProgram('../pool/link-owner.ts');
  const { peers } = startFront();
  try {
    const peer = { session: OWNER, address: await messageOf<string>(child) };
    const ask = () => peers.execute(peer, 1, request({ body: BODY }));
    const figures: Figure[] = [];
    for (const count of AT_ONCE) {
      say(`${count} at once`);
      await askAll(ask, count);
      const before = process.cpuUsage();
      await ownerMicroseconds(child);
      await askAll(ask, count);
      const { user, system } = process.cpuUsage(before);
      figures.push({
        name: `processor time of passing on, both ends, ${count} at once`,
        value: (user + system + (await ownerMicroseconds(child))) / REQUESTS,
        unit: 'µs',
      });
    }
    return figures;
  } finally {
    peers.close();
    child.kill();
  }
}

async function askAll(ask: () => Promise<unknown>, atOnce: number): Promise<void> {
  let left = REQUESTS;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await ask();
    }),
  );
}

/** Since it was asked last. */
async function ownerMicroseconds(child: ChildProcess): Promise<number> {
  child.send('and now?');
  const [microseconds] = (await once(child, 'message')) as [number];
  return microseconds;
}
