// Events, contacts and tasks in the engine, over real folders: what a phone is told, what it does, what survives a restart.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BackendError } from '../../lib/backends/index.ts';
import type { Item } from '../../lib/store/index.ts';
import type { ClientCommand, CollectionOptions, Renderer, SyncFolder } from '../../lib/sync/index.ts';
import { textOfResource } from '../../lib/sync/index.ts';
import { Standalone } from '../support/standalone.ts';
import { eventText, newName, taskText } from '../contract/resources.ts';
import { PhoneCollection, type PhoneItem, remove } from './support/phone.ts';

const summaryOf = (text: string) => /^SUMMARY:(.*)\r$/m.exec(text)?.[1] ?? '';
const renderer: Renderer<PhoneItem> = {
  plan: () => [{ path: '' }],
  changePlan: () => [{ path: '' }],
  render(message) {
    const subject = summaryOf(textOfResource(message));
    if (subject === 'Poison') throw new Error('nobody can read this');
    return { subject, flags: '' };
  },
};

let serial = 0;
const create = (subject: string, clientId = `c${++serial}`): ClientCommand => ({
  kind: 'create',
  clientId,
  digest: `create ${clientId} ${subject}`,
  make: (_, { uid }) => ({ text: eventText(uid, { summary: subject }) }),
});
const edit = (serverId: string, subject: string): ClientCommand => ({
  kind: 'edit',
  serverId,
  digest: `edit ${serverId} ${subject}`,
  make: (source = '', { now }) => ({
    text: source
      .replace(/^SUMMARY:.*\r$/m, `SUMMARY:${subject}\r`)
      .replace(/^DTSTAMP:.*\r$/m, `DTSTAMP:${now.toISOString().replace(/[-:]|\.\d{3}/g, '')}\r`),
  }),
});

let standalone: Standalone;
let phone: PhoneCollection;
let folder: SyncFolder;

const OPTIONS: CollectionOptions = { filterDays: undefined, conflict: 'server', rendering: null };
const open = async (deviceId = 'phone1', kind: SyncFolder['kind'] = 'calendar') => {
  const collection = await PhoneCollection.of(await standalone.user(), deviceId, kind);
  collection.options = OPTIONS;
  return collection;
};
const sync = (commands: readonly ClientCommand[] = [], more: object = {}) =>
  phone.sync({ commands, renderer, ...more });
const drain = () => phone.drain({ renderer });
const subjects = (of = phone) => [...of.items.values()].map((it) => it.subject).sort();
const idOf = (subject: string) => [...phone.items].find(([, it]) => it.subject === subject)?.[0] ?? '';
const other = async () => {
  const { resources } = await standalone.other();
  if (!resources) throw new Error('no resources');
  return resources;
};
const put = async (summary: string, more: object = {}, id = folder.backendId ?? '') => {
  const name = newName();
  await (await other()).put(id, name, eventText(name, { summary, ...more }), 'new');
  return name;
};
const there = async () => {
  const store = await other();
  const { resources } = await store.changes(folder.backendId ?? '');
  const read = await store.read(
    folder.backendId ?? '',
    resources.map((it) => it.name),
  );
  return read.map((it) => summaryOf(it.text)).sort();
};

beforeEach(async () => {
  standalone = await Standalone.start();
  phone = await open();
  folder = phone.folder;
});
afterEach(() => standalone.stop());

describe('a phone is told', () => {
  it('everything, in windows', async () => {
    for (const summary of ['A', 'B', 'C', 'D', 'E']) await put(summary);
    await sync([], { syncKey: '0', getChanges: false });
    const first = await sync([], { windowSize: 2 });
    expect(first).toMatchObject({ moreAvailable: true });
    expect(first.changes).toHaveLength(2);
    await phone.drain({ renderer, windowSize: 2 });
    expect(subjects()).toEqual(['A', 'B', 'C', 'D', 'E']);
  });

  it('what others add, change and delete, and nothing of its own', async () => {
    const name = await put('Standup');
    await phone.prime({ renderer });
    const store = await other();
    await store.put(folder.backendId ?? '', name, eventText(name, { summary: 'Daily' }), undefined);
    await put('Lunch');
    const answer = await sync();
    expect(answer.changes.map((it) => it.kind).sort()).toEqual(['add', 'change']);
    expect(subjects()).toEqual(['Daily', 'Lunch']);
    await store.remove(folder.backendId ?? '', name, undefined);
    expect((await sync()).changes).toMatchObject([{ kind: 'delete' }]);
    const added = await sync([create('Mine')]);
    expect(added.outcomes).toMatchObject([{ kind: 'added' }]);
    expect(added.changes).toEqual([]);
    expect((await sync()).changed).toBe(false);
    expect(await there()).toEqual(['Lunch', 'Mine']);
  });

  it('nothing when nothing changed, without a write', async () => {
    await put('Standup');
    await phone.prime({ renderer });
    await sync();
    const { writes, reads } = standalone.store;
    const key = phone.key;
    expect(await sync()).toMatchObject({ changed: false, changes: [] });
    expect(phone.key).toBe(key);
    expect([standalone.store.writes, standalone.store.reads]).toEqual([writes, reads]);
  });

  it('the same after a restart: what it holds is known by hashes and prints alone', async () => {
    const changed = await put('Standup');
    await put('Lunch');
    await phone.prime({ renderer });
    await standalone.restart();
    const { key, items } = phone;
    phone = await open();
    phone.key = key;
    for (const [id, item] of items) phone.items.set(id, item);
    expect((await sync()).changed).toBe(false);
    const store = await other();
    await store.put(folder.backendId ?? '', changed, eventText(changed, { summary: 'Daily' }), undefined);
    expect((await sync()).changes).toHaveLength(1);
    expect(subjects()).toEqual(['Daily', 'Lunch']);
  });

  it('events that are not over by the filter, and those that grow out of a new one softly', async () => {
    await put('Past', { start: '20200101T100000Z' });
    await put('Coming', { start: '20300101T100000Z' });
    await put('For ever', { start: '20200101T100000Z', rule: 'FREQ=WEEKLY' });
    await phone.prime({ renderer });
    expect(subjects()).toEqual(['Coming', 'For ever', 'Past']);
    phone.options = { ...OPTIONS, filterDays: 14 };
    expect((await sync()).changes).toMatchObject([{ kind: 'soft-delete' }]);
    expect(subjects()).toEqual(['Coming', 'For ever']);
    const wide = await open('phone2');
    await wide.prime({ renderer });
    expect(subjects(wide)).toEqual(['Coming', 'For ever', 'Past']);
    expect((await sync()).changed).toBe(false);
  });

  it('tasks that are not done, where it wants no others', async () => {
    phone = await open('phone1', 'tasks');
    phone.options = { ...OPTIONS, filterDays: 'incomplete' };
    const store = await other();
    const [todo, done] = [newName(), newName()];
    const id = phone.folder.backendId ?? '';
    await store.put(id, todo, taskText(todo), 'new');
    await store.put(id, done, taskText(done, true), 'new');
    await phone.prime({ renderer });
    expect(phone.items.size).toBe(1);
    await store.put(id, todo, taskText(todo, true), undefined);
    await drain();
    expect(phone.items.size).toBe(0);
  });

  it('all but what cannot be rendered, which is tried again when it changes', async () => {
    const name = await put('Poison');
    await put('Lunch');
    await phone.prime({ renderer });
    expect(subjects()).toEqual(['Lunch']);
    expect((await sync()).changed).toBe(false);
    await (await other()).put(folder.backendId ?? '', name, eventText(name, { summary: 'Cured' }), undefined);
    await drain();
    expect(subjects()).toEqual(['Cured', 'Lunch']);
  });
});

describe('a phone', () => {
  it('adds, changes and deletes', async () => {
    await phone.prime({ renderer });
    const { outcomes } = await sync([create('One'), create('Two')]);
    const ids = outcomes.map((it) => (it.kind === 'added' ? it.serverId : ''));
    expect(await there()).toEqual(['One', 'Two']);
    const answer = await sync([edit(ids[0] ?? '', 'Eins'), remove(ids[1] ?? '')]);
    expect(answer).toMatchObject({ outcomes: [{ kind: 'changed' }], changes: [] });
    expect(await there()).toEqual(['Eins']);
    expect((await sync()).changed).toBe(false);
  });

  it('loses against the server where both changed an event, and gets the server’s', async () => {
    const name = await put('Standup');
    await phone.prime({ renderer });
    await (await other()).put(folder.backendId ?? '', name, eventText(name, { summary: 'Theirs' }), undefined);
    const answer = await sync([edit(idOf('Standup'), 'Ours')]);
    expect(answer.outcomes).toMatchObject([{ kind: 'failed', of: 'change', failure: 'conflict' }]);
    expect(answer.changes).toMatchObject([{ kind: 'change', item: { subject: 'Theirs' } }]);
    expect(await there()).toEqual(['Theirs']);
  });

  it('wins where it wants to', async () => {
    const name = await put('Standup');
    phone.options = { ...OPTIONS, conflict: 'client' };
    await phone.prime({ renderer });
    await (await other()).put(folder.backendId ?? '', name, eventText(name, { summary: 'Theirs' }), undefined);
    expect((await sync([edit(idOf('Standup'), 'Ours')])).outcomes).toMatchObject([{ kind: 'changed' }]);
    expect(await there()).toEqual(['Ours']);
    expect((await sync()).changed).toBe(false);
  });

  it('does not delete what the server changed meanwhile: it gets it back', async () => {
    const name = await put('Standup');
    await phone.prime({ renderer });
    await (await other()).put(folder.backendId ?? '', name, eventText(name, { summary: 'Theirs' }), undefined);
    const id = idOf('Standup');
    phone.items.delete(id);
    const answer = await sync([remove(id)]);
    expect(answer.outcomes).toMatchObject([{ kind: 'failed', of: 'delete', failure: 'conflict' }]);
    expect(answer.changes).toMatchObject([{ kind: 'add', item: { subject: 'Theirs' } }]);
  });

  it('whose answer was lost repeats itself: nothing happens twice, and it is told the same', async () => {
    await put('Standup');
    await phone.prime({ renderer });
    const commands = [create('One', 'cx'), edit(idOf('Standup'), 'Daily')];
    const lost = await phone.ask({ commands, renderer });
    const again = await phone.ask({ commands, renderer });
    expect(again).toEqual(lost);
    expect(await there()).toEqual(['Daily', 'One']);
    await sync(commands);
    expect((await sync()).changed).toBe(false);
  });

  it('whose answer was lost is told once more what others added, changed and deleted', async () => {
    const [changed, deleted] = [await put('Standup'), await put('Lunch')];
    await phone.prime({ renderer });
    const store = await other();
    await store.put(folder.backendId ?? '', changed, eventText(changed, { summary: 'Daily' }), undefined);
    await store.remove(folder.backendId ?? '', deleted, undefined);
    await put('Walk');
    const lost = await phone.ask({ renderer });
    expect(lost).toMatchObject({ changes: [{ kind: 'delete' }, { kind: 'change' }, { kind: 'add' }] });
    expect(await phone.ask({ renderer })).toEqual(lost);
    await drain();
    expect(subjects()).toEqual(['Daily', 'Walk']);
    expect((await sync()).changed).toBe(false);
  });

  it('whose answer was lost is told the rest of it where something cannot be read any more, and of that when it can', async () => {
    const name = await put('Standup');
    await put('Lunch');
    await phone.prime({ renderer });
    const store = await other();
    await store.put(folder.backendId ?? '', name, eventText(name, { summary: 'Daily' }), undefined);
    await put('Walk');
    await phone.ask({ renderer });
    await store.put(folder.backendId ?? '', name, eventText(name, { summary: 'Poison' }), undefined);
    await sync();
    expect(subjects()).toEqual(['Lunch', 'Standup', 'Walk']);
    const poisoned: string[] = [];
    for await (const { key } of standalone.store.query('USER#ada', { prefix: 'POISON#' })) poisoned.push(key.sort);
    expect(poisoned).toEqual([`POISON#phone1#${idOf('Standup')}`]);
    expect((await sync()).changed).toBe(false);
    await store.put(folder.backendId ?? '', name, eventText(name, { summary: 'Cured' }), undefined);
    await sync();
    expect(subjects()).toEqual(['Cured', 'Lunch', 'Walk']);
  });

  it('repeats what a server did and did not live to record: nothing happens twice', async () => {
    await put('Standup');
    await phone.prime({ renderer });
    const commands = [create('One', 'cx'), edit(idOf('Standup'), 'Daily')];
    const put_ = standalone.store.put;
    standalone.store.put = () => Promise.resolve({ outcome: 'refused', current: undefined });
    expect(await phone.ask({ commands, renderer })).toMatchObject({ kind: 'refused' });
    standalone.store.put = put_;
    expect(await there()).toEqual(['Daily', 'One']);
    const { outcomes } = await sync(commands);
    expect(outcomes).toMatchObject([{ kind: 'added' }, { kind: 'changed' }]);
    expect(await there()).toEqual(['Daily', 'One']);
    await drain();
    expect((await sync()).changed).toBe(false);
  });

  it('moves an event to another calendar once, however often it asks', async () => {
    await put('Standup');
    await (await other()).createCollection('Family', 'Calendar');
    await phone.prime({ renderer });
    const user = await standalone.user();
    const family = (await user.folders()).find((it) => it.name === 'Family')?.id ?? '';
    const serverId = idOf('Standup');
    const moved = await phone.device.move(serverId, folder.id, family);
    expect(moved).toEqual({ kind: 'moved', serverId: serverId.replace(/^\d+/, family) });
    expect(await phone.device.move(serverId, folder.id, family)).toEqual(moved);
    expect((await sync()).changes).toMatchObject([{ kind: 'delete' }]);
    const inbox = (await user.folderOfKind('inbox'))?.id ?? '';
    expect(await phone.device.move(serverId, folder.id, inbox)).toMatchObject({ reason: 'invalid-target' });
  });

  it('is told what it may not do', async () => {
    await phone.prime({ renderer });
    const malformed: ClientCommand = {
      kind: 'create',
      clientId: 'c',
      digest: 'd',
      make: () => ({ failure: 'malformed' }),
    };
    const { outcomes } = await sync([malformed, edit(`${folder.id}:4711`, 'None'), edit('x', 'None')]);
    expect(outcomes).toMatchObject([{ failure: 'malformed' }, { failure: 'not-found' }, { failure: 'not-found' }]);
  });

  it('gets back what it changed or deleted in the calendar of another, where it may only read', async () => {
    await put('Theirs');
    await put('Theirs too');
    await phone.prime({ renderer });
    const { resources } = (await standalone.user()).mailbox;
    if (!resources) throw new Error('no resources');
    const refused = new BackendError('forbidden', 'the resource cannot be stored');
    const calls = [
      vi.spyOn(resources, 'put').mockRejectedValue(refused),
      vi.spyOn(resources, 'remove').mockRejectedValue(refused),
    ];
    const [one, two] = [idOf('Theirs'), idOf('Theirs too')];
    phone.items.set(one, { subject: 'Mine', flags: '' });
    phone.items.delete(two);
    const { outcomes } = await sync([edit(one, 'Mine'), remove(two)]);
    expect(outcomes).toMatchObject([{ failure: 'forbidden' }, { failure: 'forbidden' }]);
    for (const it of calls) expect(it.mock.calls).toHaveLength(1);
    await drain();
    expect(subjects()).toEqual(['Theirs', 'Theirs too']);
    expect((await sync()).changed).toBe(false);
    for (const it of calls) it.mockRestore();
  });

  it('that waits is told of an event', async () => {
    await phone.prime({ renderer });
    await sync();
    expect(await phone.device.watchState(folder.id)).toBe('quiet');
    await put('Lunch');
    expect(await phone.device.watchState(folder.id)).toBe('changed');
    expect(await phone.device.estimate(folder.id, phone.key, {})).toEqual({ kind: 'estimate', count: 1 });
  });

  it('keeps what it said it knows through later options', async () => {
    let known: readonly string[] | undefined;
    await phone.device
      .syncCollection(
        { ...phone.request({ syncKey: '0', getChanges: false }), supported: ['Calendar:Location'] },
        renderer,
      )
      .then((it) => {
        phone.key = it.kind === 'answer' ? it.syncKey : '';
      });
    phone.options = { ...OPTIONS, conflict: 'client' };
    await sync([]);
    const make: ClientCommand = {
      kind: 'create',
      clientId: 'k',
      digest: 'k',
      make: (_, { uid, supported }) => {
        known = supported;
        return { text: eventText(uid) };
      },
    };
    await sync([make]);
    expect(known).toEqual(['Calendar:Location']);
  });
});

it('a store that went back behind the device: what it was told since is deleted and sent anew', async () => {
  await put('Standup');
  await phone.prime({ renderer });
  const copy: Item[] = [];
  for await (const item of standalone.store.scan()) copy.push(item);
  await put('Lunch');
  await sync();
  await put('Walk');
  await sync();
  const series = phone.key.replace(/\}.*/, '');
  for await (const { key } of standalone.store.scan()) await standalone.store.delete(key);
  for (const item of copy) await standalone.store.put(item);
  await standalone.restart();
  const again = await open();
  again.key = phone.key;
  for (const [id, item] of phone.items) again.items.set(id, item);
  const answer = await again.sync({ renderer });
  expect(answer.changes.map(({ kind }) => kind)).toEqual(['delete', 'delete']);
  expect(answer.moreAvailable).toBe(true);
  // Its state is read from the store, and goes on.
  await standalone.restart();
  const later = await open();
  later.key = again.key;
  for (const [id, item] of again.items) later.items.set(id, item);
  await later.drain({ renderer });
  expect(subjects(later)).toEqual(['Lunch', 'Standup', 'Walk']);
  expect(later.key.replace(/\}.*/, '')).toBe(series);
});

it('ten thousand contacts take little memory and little of the store', { timeout: 60_000 }, async () => {
  // The state alone, without a disk: hashes and prints.
  const { Holding } = await import('../../lib/sync/mail/holding.ts');
  const { decodeHolding, encodeHolding } = await import('../../lib/sync/mail/holding-codec.ts');
  const { idOf: hash } = await import('../../lib/sync/resources/resource-source.ts');
  const { printOf } = await import('../../lib/sync/mail/print-table.ts');
  const told = new Map(
    Array.from({ length: 10_000 }, (_, n) => [hash(`contact-${n}.vcf`), printOf(`etag ${n}`)] as const),
  );
  const holding = Holding.empty().with(told);
  const bytes = encodeHolding(holding);
  expect(bytes.length).toBeLessThan(125_000);
  const read = decodeHolding(bytes);
  expect([...read.uids]).toEqual([...holding.uids]);
  for (const [id, print] of told) expect(read.flagTextOf(id)).toBe(print);
  expect(holding.bytes).toBeLessThan(700_000);
});
