import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDavResources } from '../../../lib/backends/dav/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';
import { describeResourceContract, eventText, newName, taskText } from '../../contract/resources.ts';
import { Radicale } from '../../support/radicale.ts';
import { openDav } from './setup.ts';

describeResourceContract('dav, Radicale', async () => {
  const radicale = await Radicale.start({ ada: 'ada-pass', bob: 'bob-pass' });
  await radicale.makeCalendar('ada', 'default', 'Calendar', ['VEVENT']);
  await radicale.makeCalendar('ada', 'tasks', 'Tasks', ['VTODO']);
  await radicale.makeAddressBook('ada', 'contacts', 'Contacts');
  const open = () => openDav({ url: radicale.url }, 'ada', 'ada-pass');
  return { mailbox: await open(), other: await open(), stop: () => radicale.stop() };
});

describe('dav', () => {
  let radicale: Radicale;
  beforeAll(async () => {
    radicale = await Radicale.start({ ada: 'ada-pass', bob: 'bob-pass' });
    await radicale.makeCalendar('ada', 'home', 'At home');
    await radicale.makeCalendar('ada', 'work', 'Work');
  }, 90_000);
  afterAll(() => radicale.stop());

  it('shows a calendar of many things as several folders, tasks and notes of the default one alone', async () => {
    const mailbox = await openDav({ url: radicale.url }, 'ada', 'ada-pass');
    const { resources } = mailbox;
    const folders = (await resources?.collections()) ?? [];
    expect(folders.map(({ id, kind }) => `${kind} ${id}`).sort()).toEqual([
      'calendar dav:Calendar:/ada/home/',
      'notes dav:Notes:/ada/home/',
      'tasks dav:Tasks:/ada/home/',
      'user dav:Calendar:/ada/work/',
    ]);
    const [event, task] = [newName(), newName()];
    await resources?.put('dav:Calendar:/ada/home/', event, eventText(event), 'new');
    await resources?.put('dav:Tasks:/ada/home/', task, taskText(task), 'new');
    const events = await resources?.changes('dav:Calendar:/ada/home/');
    expect(events?.resources.map((it) => it.name)).toEqual([event]);
    const tasks = await resources?.changes('dav:Tasks:/ada/home/');
    expect(tasks?.resources.map((it) => it.name)).toEqual([task]);
    expect(await resources?.changes('dav:Tasks:/ada/home/', tasks?.token)).toMatchObject({
      complete: false,
      resources: [],
    });
    await mailbox.close();
  });

  it('begins where DNS leads to, and asks that once', async () => {
    let asked = 0;
    const places = () => {
      asked++;
      return Promise.resolve({ url: radicale.url, contactsUrl: radicale.url });
    };
    const mailbox = await openDav({ places }, 'ada', 'ada-pass');
    for (const _ of [1, 2]) expect((await mailbox.resources?.collections())?.length).toBeGreaterThan(2);
    expect(asked).toBe(1);
    await mailbox.close();
  });

  it('tells when the user is busy, where nobody can be asked of others', async () => {
    const mailbox = await openDav({ url: radicale.url }, 'bob', 'bob-pass');
    await radicale.makeCalendar('bob', 'calendar', 'Calendar', ['VEVENT']);
    await mailbox.resources?.put('dav:Calendar:/bob/calendar/', 'busy.ics', eventText('busy'), 'new');
    const day = [Date.UTC(2026, 10, 24), Date.UTC(2026, 10, 25)] as const;
    const hour = { fromMs: Date.UTC(2026, 10, 24, 10), toMs: Date.UTC(2026, 10, 24, 11), kind: 'busy' };
    expect(await mailbox.freeBusy?.('bob@example.org', ...day)).toEqual([hour]);
    expect(await mailbox.freeBusy?.('ada@example.org', ...day)).toBeUndefined();
    await mailbox.close();
  });

  it('finds the homes from the well-known address too', async () => {
    const mailbox = await openDav({ url: `${radicale.url}no/such/path/` }, 'ada', 'ada-pass');
    expect(await mailbox.resources?.collections()).toHaveLength(4);
    // Invitations are ours to send.
    expect(mailbox.resources?.capabilities.schedulesItself).toBe(false);
    await mailbox.close();
  });

  const open = (url: string, password: string) =>
    openDavResources(
      { url },
      { clock: systemClock, random: systemRandom, log: silentLog },
      { user: 'ada', addresses: [] },
      { userName: 'ada', password },
    );

  it('says so when the password is wrong', async () => {
    const refused = { code: 'unavailable', message: expect.stringContaining('refused the password') as string };
    await expect(open(radicale.url, 'wrong').collections()).rejects.toMatchObject(refused);
  });

  it('says so when the server is not there', async () => {
    await expect(open('http://127.0.0.1:9/', 'ada-pass').collections()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
