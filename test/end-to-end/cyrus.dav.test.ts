// A phone and another program with mail, calendars, contacts and tasks all on a real Cyrus.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import { silentLog } from '../../lib/platform/index.ts';
import { startServer } from '../../lib/server/index.ts';
import { loadConfiguration } from '../../lib/topology/index.ts';
import { openDav, QUICK } from '../backends/dav/setup.ts';
import { CheckedResponses } from '../support/checked-responses.ts';
import { Cyrus } from '../support/cyrus.ts';
import { describeResourceJourney } from '../support/resource-journey.ts';

const PASSWORD = 'ada-pass';

describeResourceJourney('Cyrus', ['16.1', '14.0'], async () => {
  const cyrus = await Cyrus.start({ ada: PASSWORD });
  const directory = await mkdtemp(join(tmpdir(), 'caravan-cyrus-server-'));
  const flags = {
    'listen-host': '127.0.0.1',
    'listen-port': '0',
    'listen-tls': 'off',
    data: join(directory, 'data'),
    'mail-kind': 'imap',
    'mail-host': '127.0.0.1',
    'mail-port': String(cyrus.imapPort),
    'mail-tls': 'off',
    'mail-domain': 'example.org',
    'mail-dav-url': cyrus.url,
    'mail-dav-poll-min-seconds': '1',
    'mail-dav-poll-max-seconds': '2',
    'limits-requests-per-minute': '0',
    'log-level': 'silent',
  };
  const server = await startServer(loadConfiguration({ directory, flags }), { log: silentLog });
  const responses = new CheckedResponses();
  const devices: DeviceClient[] = [];
  // The user's mailbox is made when the user first signs in to IMAP, and the collections with it.
  const first = new DeviceClient({
    url: server.url,
    user: 'ada',
    password: PASSWORD,
    deviceId: 'FIRST',
    deviceType: 'T',
  });
  await first.folderSync();
  devices.push(first);
  return {
    device(version) {
      const device = new DeviceClient({
        url: server.url,
        user: 'ada',
        password: PASSWORD,
        deviceId: `CYRUSDEVICE${devices.length}`,
        deviceType: 'TestPhone',
        version,
        onExchange: responses.onExchange,
      });
      devices.push(device);
      return device;
    },
    other: await openDav({ url: cyrus.url, timeouts: QUICK }, 'ada', PASSWORD),
    hasNotes: true,
    async stop() {
      for (const device of devices) device.close();
      await server.stop();
      await cyrus.stop();
      await rm(directory, { recursive: true, force: true });
      process.stdout.write(`${responses.finish()}\n`);
    },
  };
});
