/** A standalone server that is killed again and again while it hands users over. */
import type { SeededRandom } from '../../simulation/support/seeded-random.ts';
import { pause } from '../../fault/pool/support/sizes.ts';
import type { StandaloneBeside } from './standalone-beside.ts';

/** After a start, or after a hand-over was begun. */
const LIVES_MS = [20, 1_500] as const;

/** So many times on the way into the pool, and on the way back where the way there is over before; in the end it has joined. */
export async function killOnTheWay(
  standalone: StandaloneBeside,
  kills: number,
  random: SeededRandom,
  limitMs: number,
): Promise<void> {
  const on = async (phase: string) => {
    if (phase === 'done') await standalone.ask('POST', '/join/undo');
    else await standalone.begin('join');
  };
  await on('closed');
  for (let kill = 0; kill < kills; ) {
    await pause(random.between(...LIVES_MS));
    const { phase, direction, users, moved } = await standalone.ask('GET', '/join');
    if (phase !== 'running') {
      await on(phase);
      continue;
    }
    process.stderr.write(`kill ${++kill}: ${direction}, ${moved} of ${users}\n`);
    await standalone.kill();
  }
  // The name is taken until the pool has noticed the last kill: it is asked again, as somebody would.
  for (const end = performance.now() + limitMs; performance.now() < end; await pause(LIVES_MS[0])) {
    const { phase, direction } = await standalone.over(limitMs);
    if (phase === 'done' && direction === 'join') return;
    await on(phase);
  }
  throw new Error('it did not join in the end');
}
