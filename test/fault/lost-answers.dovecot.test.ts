// A request or its answer is lost after every kind of command, and the phone sends the very same bytes again: afterwards the
// device has what the mailbox has, and what the command does was done once.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FolderType, itemText } from '../../lib/activesync/client/index.ts';
import type { Fault } from '../support/fault-proxy.ts';
import { letterFrom, SCENARIOS } from './support/scenarios.ts';
import { LOOK, LoseEachOnce, Stage } from './support/stage.ts';

const FAULTS: readonly { readonly name: string; readonly fault: Fault; readonly times: number }[] = [
  { name: 'the request', fault: { at: 'request' }, times: 1 },
  { name: 'the answer', fault: { at: 'answer' }, times: 1 },
  { name: 'the answer twice', fault: { at: 'answer' }, times: 2 },
  { name: 'half of the answer', fault: { at: 'half-answer' }, times: 1 },
];
const CASES = FAULTS.flatMap((fault) => SCENARIOS.map((scenario) => ({ ...fault, scenario })));
const userOf = (index: number) => `user${index}`;

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.start({
    users: [...CASES.map((_, index) => userOf(index)), 'newid', 'pinger', 'waiter', 'changer'],
    settings: { 'policy-requirement': 'required' },
  });
});
afterAll(() => stage.stop());

describe.each(FAULTS)('lost: $name', ({ name, fault, times }) => {
  it.concurrent.each(SCENARIOS)('$title ($command at $version)', async (scenario) => {
    const user = userOf(CASES.findIndex((it) => it.name === name && it.scenario === scenario));
    const phone = stage.phone({ user, version: scenario.version });
    const play = await scenario.prepare({ stage, user, phone });
    const losing = new LoseEachOnce(fault, times);
    stage.intercepts.set(user, losing.intercept);
    await play.act();
    stage.intercepts.delete(user);
    expect(losing.broken.get(scenario.command)).toBeGreaterThanOrEqual(times);
    await play.check(await stage.settle(user, phone));
    expect(stage.resyncsOf(user)).toEqual([]);
  });
});

describe('lost, and not simply repeated', () => {
  it.concurrent('SendMail with a new ClientId and the same content is the same mail', async () => {
    const phone = stage.phone({ user: 'newid', persists: false });
    await phone.folderSync();
    const subject = stage.name('sent');
    const mime = await letterFrom('newid', subject);
    stage.intercepts.set('newid', new LoseEachOnce({ at: 'answer' }).intercept);
    await expect(phone.sendMail({ mime, clientId: 'first' })).rejects.toMatchObject({ code: 'unreachable' });
    stage.intercepts.delete('newid');
    await phone.sendMail({ mime, clientId: 'second' });
    const contents = await stage.settle('newid', phone);
    expect(stage.taken(subject)).toHaveLength(1);
    expect(contents.get('Sent')?.map((it) => it.subject)).toEqual([subject]);
  });

  it.concurrent('a held Ping whose connection broke is sent again, and only the new one hears of the change', async () => {
    const phone = stage.phone({ user: 'pinger' });
    await stage.syncEverything(phone);
    const inbox = phone.folder(FolderType.inbox).serverId;
    const request = { heartbeatSeconds: 60, folders: [{ id: inbox, itemClass: 'Email' }] };
    const gone = new AbortController();
    const broken = phone.ping({ ...request, signal: gone.signal });
    await new Promise((done) => setTimeout(done, 300));
    gone.abort();
    await expect(broken).rejects.toThrow();
    const again = phone.ping(request);
    await new Promise((done) => setTimeout(done, 300));
    const subject = await stage.put('pinger');
    expect(await again).toMatchObject({ status: 2, changedFolderIds: [inbox] });
    expect((await stage.settle('pinger', phone)).get('INBOX')?.map((it) => it.subject)).toEqual([subject]);
  });

  it.concurrent('the answer of a Ping is lost as mail comes: the same Ping tells it again', async () => {
    const phone = stage.phone({ user: 'changer' });
    await stage.syncEverything(phone);
    const inbox = phone.folder(FolderType.inbox).serverId;
    const losing = new LoseEachOnce({ at: 'answer' });
    stage.intercepts.set('changer', losing.intercept);
    const ping = phone.ping({ heartbeatSeconds: 60, folders: [{ id: inbox, itemClass: 'Email' }] });
    await new Promise((done) => setTimeout(done, 300));
    await stage.put('changer');
    expect(await ping).toMatchObject({ status: 2, changedFolderIds: [inbox] });
    expect(losing.broken.get('Ping')).toBe(1);
    stage.intercepts.delete('changer');
    await stage.settle('changer', phone);
    expect(stage.resyncsOf('changer')).toEqual([]);
  });

  it.concurrent('the answer of a waiting Sync is lost as mail comes: the same Sync brings the mail', async () => {
    const phone = stage.phone({ user: 'waiter' });
    await stage.syncEverything(phone);
    const collectionId = phone.folder(FolderType.inbox).serverId;
    const losing = new LoseEachOnce({ at: 'answer' });
    stage.intercepts.set('waiter', losing.intercept);
    const sync = phone.syncMany({ collections: [{ collectionId, ...LOOK }], heartbeatSeconds: 60 });
    await new Promise((done) => setTimeout(done, 300));
    const subject = await stage.put('waiter');
    const [answer] = (await sync).collections;
    expect(answer?.added.map((it) => itemText(it, 'Email:Subject'))).toEqual([subject]);
    expect(losing.broken.get('Sync')).toBe(1);
    stage.intercepts.delete('waiter');
    await stage.settle('waiter', phone);
    expect(stage.resyncsOf('waiter')).toEqual([]);
  });
});
