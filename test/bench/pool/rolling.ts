/** All servers are restarted, one after the other, while people live on: every request is answered, nobody begins again. */
import { PoolStage } from '../../fault/pool/support/pool-stage.ts';
import type { Figure } from '../figure.ts';
import { percentile } from '../standalone/statistics.ts';
import { pause } from './phones.ts';

const USERS = 100;
const DELIVER_EVERY_MS = 100;
const BETWEEN_MS = 5_000;

export async function benchRolling(say: (text: string) => void): Promise<readonly Figure[]> {
  const stage = await PoolStage.start({ users: USERS, store: 'embedded', wires: [] });
  try {
    say(`${stage.people.length} devices do their first Sync`);
    await stage.begin();
    const { lived, troubles, resyncs, differences } = await stage.during(
      async () => {
        for (const [index, server] of stage.pool.servers.entries()) {
          say(`restarting server ${index + 1} of ${stage.pool.servers.length}`);
          await pause(BETWEEN_MS);
          await server.drain();
          await server.process.launch();
          await stage.pool.untilHealthy();
        }
        await pause(BETWEEN_MS);
      },
      { everyMs: DELIVER_EVERY_MS, found: 'counts' },
    );
    const none = { value: 0, is: 'at most' } as const;
    const name = `rolling restart of ${stage.pool.servers.length} servers, ${stage.people.length} devices`;
    const times = lived.map((it) => it.toMs - it.fromMs);
    return [
      {
        name: `${name}: failed requests`,
        value: troubles.length,
        unit: '',
        target: none,
        note: `${lived.length} commands beside those that waited; the longest took ${(Math.max(...times) / 1000).toFixed(1)} s, median ${percentile(times, 0.5).toFixed(0)} ms`,
      },
      { name: `${name}: resyncs`, value: resyncs, unit: '', target: none },
      {
        name: `${name}: messages lost or doubled`,
        value: differences,
        unit: '',
        target: none,
        note: 'every mailbox is compared with every device and with what commands were told',
      },
    ];
  } finally {
    await stage.stop();
  }
}
