// What a Sync of a calendar that nothing pushes for costs at the DAV server: a real Radicale, every request to it counted, and a
// clock that the test moves.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDavResources } from '../../lib/backends/dav/index.ts';
import { type ResourceStore, withResources } from '../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import { createUserSync, type Renderer, textOfResource, type UserSync } from '../../lib/sync/index.ts';
import { eventually } from '../contract/backend/fixture.ts';
import { eventText, newName } from '../contract/resources.ts';
import { HttpCounter } from '../support/http-counter.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { Radicale } from '../support/radicale.ts';
import { MemoryStore } from './support/faulty-store.ts';
import { PhoneCollection, type PhoneItem } from './support/phone.ts';
import { ScriptedMailbox } from './support/scripted-mailbox.ts';

const renderer: Renderer<PhoneItem> = {
  plan: () => [{ path: '' }],
  changePlan: () => [{ path: '' }],
  render: (message) => ({ subject: /^SUMMARY:(.*?)\r?$/m.exec(textOfResource(message))?.[1] ?? '', flags: '' }),
};
const NOTHING = { changed: false, changes: [] };

let radicale: Radicale;
let counter: HttpCounter;
let clock: ManualClock;
let user: UserSync;
let phone: PhoneCollection;
let other: ResourceStore;

beforeAll(async () => {
  radicale = await Radicale.start({ ada: 'ada-pass' });
  await radicale.makeCalendar('ada', 'calendar', 'Calendar', ['VEVENT']);
  other = resources(radicale.url, systemClock);
}, 90_000);
afterAll(async () => {
  await other.close();
  await radicale.stop();
});
beforeEach(async () => {
  counter = await HttpCounter.start(radicale.url);
  clock = new ManualClock();
});
afterEach(async () => {
  await user.close();
  await counter.stop();
});

function resources(url: string, by: typeof systemClock, pollSeconds = 10): ResourceStore {
  const timeouts = { pollMinSeconds: pollSeconds, pollMaxSeconds: pollSeconds };
  const platform = { clock: by, random: { ...systemRandom, number: () => 0.5 }, log: silentLog };
  const account = { user: 'ada', addresses: ['ada@example.org'] };
  return openDavResources({ url, timeouts }, platform, account, { userName: 'ada', password: 'ada-pass' });
}

/** Synced whole, and watched. */
async function begin(pollSeconds: number): Promise<void> {
  const mailbox = withResources(new ScriptedMailbox(), resources(counter.url, clock, pollSeconds));
  user = createUserSync({
    account: mailbox.account,
    mailbox,
    store: new MemoryStore(),
    lease: standaloneLease('ada', 'session1'),
    clock,
    random: systemRandom,
    log: silentLog,
  });
  phone = await PhoneCollection.of(user, 'phone1', 'calendar');
  phone.options = { filterDays: undefined, conflict: 'server', rendering: null };
  await phone.sync({ syncKey: '0', getChanges: false });
  await settled();
  await phone.drain({ renderer });
  await pass(0);
  await sync();
}

const sync = () => phone.sync({ renderer });
const subjects = () => [...phone.items.values()].map((it) => it.subject);

/** Resolves when nothing was asked of the server for a while. */
async function settled(): Promise<void> {
  let before = '';
  await eventually('the server to be left alone', async () => {
    await new Promise((resolve) => setTimeout(resolve, 80));
    const now = `${counter.count()} asked, ${counter.underWay} under way`;
    const isQuiet = now === before && counter.underWay === 0;
    before = now;
    return isQuiet || undefined;
  });
}

/** Time passes, with the monitor's looks in it. */
async function pass(seconds: number): Promise<void> {
  await clock.advance(seconds * 1_000);
  await settled();
}

const put = async (summary: string) => {
  const name = newName();
  await other.put('dav:Calendar:/ada/calendar/', name, eventText(name, { summary }), 'new');
};

describe('an unchanged Sync of a calendar on a DAV server', () => {
  it('asks for nothing while the monitor finds the token where it was', async () => {
    await begin(10);
    const reports = counter.count('REPORT');
    for (let round = 0; round < 6; round++) {
      await pass(10);
      const asked = counter.count();
      expect(await sync()).toMatchObject(NOTHING);
      expect(counter.count()).toBe(asked);
    }
    // The monitor reads tokens, and nothing else.
    expect(counter.count('REPORT')).toBe(reports);
    expect(counter.count('PROPFIND')).toBeGreaterThan(6);
  });

  it('asks for nothing within 15 s of the last look, and one question afterwards', async () => {
    await begin(3_600);
    const asked = counter.count();
    await pass(14);
    expect(await sync()).toMatchObject(NOTHING);
    expect(counter.count()).toBe(asked);
    await pass(2);
    await put('Made elsewhere');
    await sync();
    expect(counter.asked.slice(asked)).toEqual([expect.stringContaining('REPORT'), expect.stringContaining('REPORT')]);
    expect(subjects()).toContain('Made elsewhere');
    await pass(16);
    const before = counter.count();
    expect(await sync()).toMatchObject(NOTHING);
    expect(counter.asked.slice(before)).toEqual([expect.stringContaining('REPORT')]);
  });

  it('asks for nothing when a device begins to wait again', async () => {
    await begin(3_600);
    await pass(50);
    const asked = counter.count();
    expect(await phone.device.watchState(phone.folder.id)).toBe('quiet');
    expect(counter.count()).toBe(asked);
  });
});

describe('a change', () => {
  it('made elsewhere is there when the monitor has seen the token move', async () => {
    await begin(10);
    await put('Seen by the monitor');
    await pass(10);
    await sync();
    expect(subjects()).toContain('Seen by the monitor');
  });

  it('of the device itself costs no further look when the monitor sees the token move', async () => {
    await begin(10);
    const make = (_: string | undefined, { uid }: { uid: string }) => ({ text: eventText(uid, { summary: 'Own' }) });
    await phone.sync({ renderer, commands: [{ kind: 'create', clientId: 'c1', digest: 'c1', make }] });
    const reports = counter.count('REPORT');
    await pass(10);
    expect(await sync()).toMatchObject(NOTHING);
    expect(counter.count('REPORT')).toBe(reports);
  });

  it('is not missed between the last look and the first time that the calendar is watched', async () => {
    await begin(10);
    // Nobody asks for so long that it is not watched any more.
    await clock.advance(605_000);
    await settled();
    await pass(20);
    await put('While nobody watched');
    await pass(60);
    expect(await phone.device.watchState(phone.folder.id)).toBe('changed');
    await sync();
    expect(subjects()).toContain('While nobody watched');
  });
});
