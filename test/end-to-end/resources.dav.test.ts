// A phone and another program with calendars, contacts, tasks and notes on a real Radicale, mail on a real Dovecot: the same on a
// standalone server and on a pool, where most requests land on a server that is not the user's owner.
import { DeviceClient } from '../../lib/activesync/client/index.ts';
import type { ProtocolVersion } from '../../lib/activesync/index.ts';
import { openDav, QUICK } from '../backends/dav/setup.ts';
import { CheckedResponses } from '../support/checked-responses.ts';
import { passwordOf, TestPool } from '../support/pool/test-pool.ts';
import { Radicale } from '../support/radicale.ts';
import { describeResourceJourney, type JourneyStage } from '../support/resource-journey.ts';
import { RunningServer } from '../support/running-server.ts';

const PASSWORD = passwordOf('ada');

interface Served {
  device(version: ProtocolVersion): DeviceClient;
  /** What was looked at, in a line. */
  stop(): Promise<string>;
}

async function stageOf(serve: (settings: Readonly<Record<string, string>>) => Promise<Served>): Promise<JourneyStage> {
  const radicale = await Radicale.start({ ada: PASSWORD });
  await radicale.makeCalendar('ada', 'default', 'Calendar', ['VEVENT']);
  await radicale.makeCalendar('ada', 'tasks', 'Tasks', ['VTODO']);
  await radicale.makeCalendar('ada', 'notes', 'Notes', ['VJOURNAL']);
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  const served = await serve({
    'mail-dav-url': radicale.url,
    'mail-dav-poll-min-seconds': '1',
    'mail-dav-poll-max-seconds': '2',
  });
  return {
    device: (version) => served.device(version),
    other: await openDav({ url: radicale.url, timeouts: QUICK }, 'ada', PASSWORD),
    hasNotes: true,
    async stop() {
      process.stdout.write(`${await served.stop()}\n`);
      await radicale.stop();
    },
  };
}

async function standalone(flags: Readonly<Record<string, string>>): Promise<Served> {
  const running = await RunningServer.start({ dovecot: { users: { ada: PASSWORD } }, flags });
  return { device: (version) => running.device({ version }), stop: () => running.stop() };
}

async function pool(settings: Readonly<Record<string, string>>): Promise<Served> {
  const running = await TestPool.start({ servers: 2, users: ['ada'], settings, store: 'embedded', wires: [] });
  const responses = new CheckedResponses();
  const devices: DeviceClient[] = [];
  return {
    device(version) {
      const deviceId = `POOLDEVICE${devices.length}`;
      const { onExchange } = responses;
      const access = { url: running.url, user: 'ada', password: PASSWORD, deviceId, deviceType: 'TestPhone' };
      devices.push(new DeviceClient({ ...access, version, onExchange }));
      return devices.at(-1) as DeviceClient;
    },
    async stop() {
      for (const device of devices) device.close();
      await running.stop();
      return responses.finish();
    },
  };
}

describeResourceJourney('Radicale, a standalone server', ['16.1', '14.1', '12.1'], () => stageOf(standalone));
describeResourceJourney('Radicale, a pool of two servers', ['16.1', '14.0'], () => stageOf(pool));
