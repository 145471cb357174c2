// A phone and another program with calendars, contacts, tasks and notes on a real Radicale, mail on a real Dovecot.
import { openDav, QUICK } from '../backends/dav/setup.ts';
import { Radicale } from '../support/radicale.ts';
import { describeResourceJourney } from '../support/resource-journey.ts';
import { RunningServer } from '../support/running-server.ts';

describeResourceJourney('Radicale', ['16.1', '14.1', '12.1'], async () => {
  const radicale = await Radicale.start({ ada: 'ada-pass', bob: 'bob-pass' });
  await radicale.makeCalendar('ada', 'default', 'Calendar', ['VEVENT']);
  await radicale.makeCalendar('ada', 'tasks', 'Tasks', ['VTODO']);
  await radicale.makeCalendar('ada', 'notes', 'Notes', ['VJOURNAL']);
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  const running = await RunningServer.start({
    dovecot: { users: radicale.users },
    flags: {
      'mail-dav-url': radicale.url,
      'mail-dav-poll-min-seconds': '1',
      'mail-dav-poll-max-seconds': '2',
    },
  });
  return {
    device: (version) => running.device({ version, password: 'ada-pass' }),
    other: await openDav({ url: radicale.url, timeouts: QUICK }, 'ada', 'ada-pass'),
    hasNotes: true,
    async stop() {
      process.stdout.write(`${await running.stop()}\n`);
      await radicale.stop();
    },
  };
});
