/** Restart with 10 users known: from the start of the process to the first answer, and no device resyncs. */
import { DeviceClient, FolderType } from '../../../lib/activesync/client/index.ts';
import type { Figure } from '../figure.ts';
import { PASSWORD, USERS } from './mailboxes.ts';
import type { ServerProcess } from './server-process.ts';

export async function benchRestart(server: ServerProcess): Promise<Figure> {
  const devices = USERS.map(
    (user) => new DeviceClient({ url: server.url, user, password: PASSWORD, deviceId: 'RESTARTED', version: '16.1' }),
  );
  for (const device of devices) {
    await device.folderSync();
    await device.syncAll({ collectionId: device.folder(FolderType.inbox).serverId, windowSize: 512 });
  }
  await server.stop('SIGKILL');
  const from = performance.now();
  await server.launch();
  const answers = await Promise.all(
    devices.map(async (device) => {
      const answer = await device.sync({ collectionId: device.folder(FolderType.inbox).serverId });
      return { afterMs: performance.now() - from, answer };
    }),
  );
  for (const device of devices) device.close();
  const resynced = answers.filter(
    ({ answer }) => answer !== undefined && (answer.status !== 1 || answer.added.length > 0),
  );
  if (resynced.length > 0) throw new Error(`${resynced.length} devices were sent what they had`);
  return {
    name: 'restart after kill -9 with 10 users known → first answer to a Sync',
    value: Math.min(...answers.map((it) => it.afterMs)) / 1000,
    unit: 's',
    target: { value: 1, is: 'at most' },
    note: `the last of the ${devices.length} users had its answer after ${(Math.max(...answers.map((it) => it.afterMs)) / 1000).toFixed(2)} s; nobody resynced`,
  };
}
