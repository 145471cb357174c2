// One item that a DAV server refuses, fails at or names oddly, beside others: a real Radicale behind what answers in its place.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDavResources } from '../../lib/backends/dav/index.ts';
import { withResources } from '../../lib/backends/index.ts';
import { type Log, silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { standaloneLease } from '../../lib/pool/index.ts';
import {
  type ClientCommand,
  createUserSync,
  type Renderer,
  textOfResource,
  type UserSync,
} from '../../lib/sync/index.ts';
import { eventText, newName } from '../contract/resources.ts';
import { HttpCounter } from '../support/http-counter.ts';
import { Radicale } from '../support/radicale.ts';
import { MemoryStore } from './support/faulty-store.ts';
import { PhoneCollection, type PhoneItem, remove } from './support/phone.ts';
import { ScriptedMailbox } from './support/scripted-mailbox.ts';

const summaryOf = (text: string) => /^SUMMARY:(.*?)\r?$/m.exec(text)?.[1] ?? '';
const renderer: Renderer<PhoneItem> = {
  plan: () => [{ path: '' }],
  changePlan: () => [{ path: '' }],
  render: (message) => ({ subject: summaryOf(textOfResource(message)), flags: '' }),
};
const create = (subject: string): ClientCommand => ({
  kind: 'create',
  clientId: subject,
  digest: `create ${subject}`,
  make: (_, { uid }) => ({ text: eventText(uid, { summary: subject }) }),
});
const edit = (serverId: string, subject: string): ClientCommand => ({
  kind: 'edit',
  serverId,
  digest: `edit ${serverId} ${subject}`,
  make: (source = '') => ({ text: source.replace(/^SUMMARY:.*$/m, `SUMMARY:${subject}`) }),
});

let radicale: Radicale;
let server: HttpCounter;
let user: UserSync;
let phone: PhoneCollection;
let warnings: string[];

beforeAll(async () => {
  radicale = await Radicale.start({ ada: 'ada-pass' });
}, 90_000);
afterAll(() => radicale.stop());

let serial = 0;
let calendar = '';
beforeEach(async () => {
  calendar = `calendar${++serial}`;
  await radicale.makeCalendar('ada', calendar, calendar, ['VEVENT']);
  server = await HttpCounter.start(radicale.url);
  warnings = [];
  const log: Log = { ...silentLog, child: () => log, warn: (fields) => void warnings.push(JSON.stringify(fields)) };
  const platform = { clock: systemClock, random: systemRandom, log };
  const account = { user: 'ada', addresses: ['ada@example.org'] };
  const signIn = { userName: 'ada', password: 'ada-pass' };
  const mailbox = withResources(
    new ScriptedMailbox(),
    openDavResources({ url: server.url }, platform, account, signIn),
  );
  user = createUserSync({
    account: mailbox.account,
    mailbox,
    store: new MemoryStore(),
    lease: standaloneLease('ada', 'session1'),
    clock: systemClock,
    random: systemRandom,
    log,
    settings: { staleViewMs: 0, liveViewMs: 0, polledViewMs: 0, staleHierarchyMs: 0 },
  });
  const folder = (await user.folders()).find((it) => it.name === calendar);
  if (!folder) throw new Error('no calendar');
  phone = new PhoneCollection(user.device('phone1'), folder);
  phone.options = { filterDays: undefined, conflict: 'server', rendering: null };
  await put('Standup');
  await phone.prime({ renderer });
});
afterEach(async () => {
  await user.close();
  await server.stop();
});

async function put(summary: string): Promise<void> {
  const name = newName();
  await radicale.put('ada', calendar, name, eventText(name, { summary }));
}

const there = async () => (await radicale.texts('ada', calendar)).map(summaryOf).sort();
const subjects = () => [...phone.items.values()].map((it) => it.subject).sort();
const idOf = (subject: string) => [...phone.items].find(([, it]) => it.subject === subject)?.[0] ?? '';
/** The server answers so in place of taking the next new resource; others it takes. */
function refuseFirst(method: string, status: number): void {
  let refused: string | undefined;
  server.refuses = (asked, path) => {
    if (asked !== method) return undefined;
    refused ??= path;
    return path === refused ? status : undefined;
  };
}

describe('one item that the server refuses for good', () => {
  it('is told so at once, and the others are taken', async () => {
    const failures = { 409: 'rejected', 413: 'over-quota', 501: 'rejected' };
    for (const [status, failure] of Object.entries(failures)) {
      refuseFirst('PUT', Number(status));
      const [bad, good] = [`Bad ${status}`, `Good ${status}`];
      const answer = await phone.sync({ renderer, commands: [create(bad), create(good)] });
      expect(answer.outcomes).toMatchObject([
        { kind: 'failed', of: 'add', clientId: bad, failure },
        { kind: 'added', clientId: good },
      ]);
      expect(warnings.splice(0)).toEqual([expect.stringContaining(`answered ${status}`)]);
    }
    expect(await there()).toEqual(['Good 409', 'Good 413', 'Good 501', 'Standup']);
  });

  it('shows the phone what the server has, if the phone changed or deleted it', async () => {
    refuseFirst('PUT', 409);
    const changed = await phone.sync({ renderer, commands: [edit(idOf('Standup'), 'Daily')] });
    expect(changed.outcomes).toMatchObject([{ kind: 'failed', of: 'change', failure: 'rejected' }]);
    expect(changed.changes).toMatchObject([{ kind: 'change', item: { subject: 'Standup' } }]);
    refuseFirst('DELETE', 403);
    const deleted = await phone.sync({ renderer, commands: [remove(idOf('Standup'))] });
    expect(deleted.outcomes).toMatchObject([{ kind: 'failed', of: 'delete', failure: 'forbidden' }]);
    expect(deleted.changes).toMatchObject([{ item: { subject: 'Standup' } }]);
    expect(await there()).toEqual(['Standup']);
    expect((await phone.sync({ renderer })).changed).toBe(false);
  });
});

describe('one item that the server fails at', () => {
  it('is sent again twice, and then is refused alone: the rest of the collection goes on', async () => {
    refuseFirst('PUT', 500);
    await put('Lunch');
    const commands = [create('Bad'), create('Good')];
    for (const _ of ['first', 'second'])
      expect(await phone.ask({ renderer, commands })).toEqual({ kind: 'refused', reason: 'unavailable' });
    const answer = await phone.sync({ renderer, commands });
    expect(answer.outcomes).toMatchObject([
      { kind: 'failed', of: 'add', clientId: 'Bad', failure: 'rejected' },
      { kind: 'added', clientId: 'Good' },
    ]);
    expect(subjects()).toEqual(['Lunch', 'Standup']);
    expect(await there()).toEqual(['Good', 'Lunch', 'Standup']);
    expect(warnings.at(-1)).toContain('answered 500');
    expect((await phone.sync({ renderer })).changed).toBe(false);
  });

  it('is taken if the server recovers, once', async () => {
    refuseFirst('PUT', 500);
    const commands = [create('Bad'), edit(idOf('Standup'), 'Daily')];
    await phone.ask({ renderer, commands });
    server.refuses = () => undefined;
    expect((await phone.sync({ renderer, commands })).outcomes).toMatchObject([{ kind: 'added' }, { kind: 'changed' }]);
    expect(await there()).toEqual(['Bad', 'Daily']);
  });

  it('comes back to the phone that changed or deleted it', async () => {
    refuseFirst('PUT', 500);
    const commands = [edit(idOf('Standup'), 'Daily')];
    await phone.ask({ renderer, commands });
    await phone.ask({ renderer, commands });
    expect((await phone.sync({ renderer, commands })).changes).toMatchObject([{ item: { subject: 'Standup' } }]);
    refuseFirst('DELETE', 500);
    const deletion = [remove(idOf('Standup'))];
    await phone.ask({ renderer, commands: deletion });
    await phone.ask({ renderer, commands: deletion });
    expect((await phone.sync({ renderer, commands: deletion })).changes).toMatchObject([
      { item: { subject: 'Standup' } },
    ]);
    expect(await there()).toEqual(['Standup']);
  });

  it('waits, however often, where the server as a whole is away (503)', async () => {
    refuseFirst('PUT', 503);
    const commands = [edit(idOf('Standup'), 'Daily')];
    for (let times = 0; times < 5; times++)
      expect(await phone.ask({ renderer, commands })).toEqual({ kind: 'refused', reason: 'unavailable' });
    server.refuses = () => undefined;
    await phone.sync({ renderer, commands });
    expect(await there()).toEqual(['Daily']);
  });
});

describe('one item whose href is malformed', () => {
  const name = async (segment: string) =>
    radicale.put('ada', calendar, encodeURIComponent(segment), eventText(newName(), { summary: segment }));

  it('comes like the others, and is changed and deleted by its href as the server writes it', async () => {
    // This server does not escape it.
    server.rewrites = (body) => body.replaceAll('50%25%20off.ics', '50% off.ics');
    await name('50% off.ics');
    await put('Lunch');
    await phone.drain({ renderer });
    expect(subjects()).toEqual(['50% off.ics', 'Lunch', 'Standup']);
    await phone.sync({ renderer, commands: [edit(idOf('50% off.ics'), 'Half price')] });
    expect(await there()).toEqual(['Half price', 'Lunch', 'Standup']);
    await phone.sync({ renderer, commands: [remove(idOf('50% off.ics'))] });
    expect(await there()).toEqual(['Lunch', 'Standup']);
    expect((await phone.sync({ renderer })).changed).toBe(false);
  });

  it.each(['caf%E9.ics', 'http://[', '%'])(
    'does not keep the others: %s, which the server does not find',
    async (href) => {
      await name('Odd');
      server.rewrites = (body) =>
        body.replaceAll(`/ada/${calendar}/Odd`, href.includes(':') ? href : `/ada/${calendar}/${href}`);
      await put('Lunch');
      await phone.drain({ renderer });
      expect(subjects()).toEqual(['Lunch', 'Standup']);
      expect((await phone.sync({ renderer })).changed).toBe(false);
      await put('Dinner');
      await phone.drain({ renderer });
      expect(subjects()).toEqual(['Dinner', 'Lunch', 'Standup']);
    },
  );
});
