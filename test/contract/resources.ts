/**
 * What everything that keeps calendars, contacts, tasks and notes must do: one `it` for each sentence of
 * `lib/backends/resources.ts`. An implementation's test calls `describeResourceContract('folders', setUp)`.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Folder, FolderEvent, Mailbox, ResourceClass, ResourceStore } from '../../lib/backends/index.ts';
import { eventually, expectBackendError } from './backend/fixture.ts';

export interface ResourcesUnderTest {
  /** Sessions of one user's mailbox; the second is another program's. */
  readonly mailbox: Mailbox;
  readonly other: Mailbox;
  stop(): Promise<void>;
}

let serial = 0;

export const newName = (extension = '.ics') => `resource-${process.pid}-${++serial}${extension}`;

export function eventText(name: string, options: { summary?: string; start?: string; rule?: string } = {}): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//example.org//test//EN',
    'BEGIN:VEVENT',
    `UID:${name}`,
    'DTSTAMP:20261101T080000Z',
    `DTSTART:${options.start ?? '20261124T100000Z'}`,
    'DURATION:PT1H',
    `SUMMARY:${options.summary ?? 'An event'}`,
    ...(options.rule === undefined ? [] : [`RRULE:${options.rule}`]),
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

export function taskText(name: string, isDone = false): string {
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//example.org//test//EN',
    'BEGIN:VTODO',
    `UID:${name}`,
    'DTSTAMP:20261101T080000Z',
    'SUMMARY:A task',
    ...(isDone ? ['STATUS:COMPLETED', 'COMPLETED:20261102T080000Z'] : ['STATUS:NEEDS-ACTION']),
    'END:VTODO',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

export function cardText(name: string, fullName = 'Charles Babbage'): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', `UID:${name}`, `FN:${fullName}`, `N:${fullName};;;;`, 'END:VCARD', ''].join(
    '\r\n',
  );
}

export function describeResourceContract(name: string, setUp: () => Promise<ResourcesUnderTest>): void {
  describe(`resources contract: ${name}`, () => {
    let under: ResourcesUnderTest;
    let store: ResourceStore;
    let other: ResourceStore;
    beforeAll(async () => {
      under = await setUp();
      store = resourcesOf(under.mailbox);
      other = resourcesOf(under.other);
    }, 60_000);
    afterAll(async () => {
      await under?.mailbox.close();
      await under?.other.close();
      await under?.stop();
    });

    const collection = async (itemClass: ResourceClass = 'Calendar'): Promise<Folder> =>
      store.createCollection(`Test ${process.pid} ${++serial}`, itemClass);
    const standard = async (itemClass: ResourceClass): Promise<Folder | undefined> =>
      (await under.mailbox.folders()).find((folder) => folder.itemClass === itemClass && folder.kind !== 'user');

    describe('collections', () => {
      it('are folders of the mailbox, at most one of each kind', async () => {
        const folders = await under.mailbox.folders();
        for (const itemClass of store.capabilities.classes) {
          expect(folders.filter((it) => it.itemClass === itemClass && it.kind !== 'user')).toHaveLength(1);
        }
        const kinds = folders.map((it) => it.kind).filter((kind) => kind !== 'user');
        expect(new Set(kinds).size).toBe(kinds.length);
        for (const folder of folders) expect(store.isCollection(folder.id)).toBe(folder.itemClass !== 'Email');
      });

      it('are made, renamed and deleted', async () => {
        const made = await under.mailbox.createFolder(`Family ${process.pid}`, undefined, undefined, 'Calendar');
        expect(made).toMatchObject({
          name: `Family ${process.pid}`,
          kind: 'user',
          itemClass: 'Calendar',
          selectable: true,
        });
        expect(await under.other.folders()).toContainEqual(made);
        const renamed = await under.mailbox.renameFolder(made.id, `Kin ${process.pid}`, undefined);
        expect(renamed).toMatchObject({ name: `Kin ${process.pid}`, itemClass: 'Calendar' });
        expect((await under.other.folders()).map((it) => it.name)).not.toContain(made.name);
        await under.mailbox.deleteFolder(renamed.id);
        expect((await under.other.folders()).map((it) => it.id)).not.toContain(renamed.id);
      });

      it('that are gone are not found', async () => {
        const { id } = await collection();
        await store.deleteCollection(id);
        await expectBackendError(store.changes(id), 'not-found');
        await expectBackendError(store.deleteCollection(id), 'not-found');
        await expectBackendError(store.put(id, newName(), eventText('x'), 'new'), 'not-found');
      });

      it('keep what is in them when they are renamed', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const renamed = await store.renameCollection(id, `Renamed ${process.pid} ${++serial}`);
        expect((await store.changes(renamed.id)).resources.map((it) => it.name)).toEqual([resource]);
      });
    });

    describe('resources', () => {
      it('come back as they were put', async () => {
        const { id } = await collection();
        const resource = newName();
        const text = eventText(resource, { summary: 'Käsekuchen 🍰' });
        const put = await store.put(id, resource, text, 'new');
        const [read] = await other.read(id, [resource, newName()]);
        expect(read?.name).toBe(resource);
        expect(read?.text).toContain('SUMMARY:Käsekuchen 🍰');
        if (put.kind === 'stored' && put.etag !== undefined) expect(read?.etag).toBe(put.etag);
      });

      it('new ones never take the place of others', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        expect(await other.put(id, resource, eventText(resource, { summary: 'Other' }), 'new')).toEqual({
          kind: 'conflict',
        });
        expect((await store.read(id, [resource]))[0]?.text).toContain('SUMMARY:An event');
      });

      it('are written over only as what they were read', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const [before] = await store.read(id, [resource]);
        const etag = before?.etag ?? '';
        expect((await other.put(id, resource, eventText(resource, { summary: 'Two' }), { etag })).kind).toBe('stored');
        expect(await store.put(id, resource, eventText(resource, { summary: 'Three' }), { etag })).toEqual({
          kind: 'conflict',
        });
        const [after] = await store.read(id, [resource]);
        expect(after?.text).toContain('SUMMARY:Two');
        expect(after?.etag).not.toBe(etag);
        expect((await store.put(id, resource, eventText(resource, { summary: 'Four' }), undefined)).kind).toBe(
          'stored',
        );
      });

      it('that are gone are not written over', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const [before] = await store.read(id, [resource]);
        await other.remove(id, resource, undefined);
        const etag = before?.etag ?? '';
        expect(await store.put(id, resource, eventText(resource), { etag })).toEqual({ kind: 'conflict' });
        expect(await store.remove(id, resource, etag)).toBe('gone');
        expect(await store.read(id, [resource])).toEqual([]);
      });

      it('are removed only as what they were read', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const [before] = await store.read(id, [resource]);
        await other.put(id, resource, eventText(resource, { summary: 'Two' }), undefined);
        expect(await store.remove(id, resource, before?.etag)).toBe('conflict');
        expect(await store.remove(id, resource, undefined)).toBe('removed');
        expect(await store.remove(id, resource, undefined)).toBe('gone');
      });

      it('are moved, never over others', async () => {
        const [from, to] = [await collection(), await collection()];
        const [one, two] = [newName(), newName()];
        for (const it of [one, two]) await store.put(from.id, it, eventText(it), 'new');
        await other.put(to.id, two, eventText(newName(), { summary: 'Another' }), 'new');
        expect(await store.move(from.id, one, to.id)).toBe('moved');
        expect(await store.move(from.id, one, to.id)).toBe('gone');
        expect(await store.move(from.id, two, to.id)).toBe('conflict');
        expect((await store.changes(from.id)).resources.map((it) => it.name)).toEqual([two]);
        const there = await store.changes(to.id);
        expect(there.resources.map((it) => it.name).sort()).toEqual([one, two].sort());
        expect((await other.read(to.id, [two]))[0]?.text).toContain('SUMMARY:Another');
      });

      it('are found by their UID, whatever they are named', async () => {
        const { id } = await collection();
        const [resource, uid] = [newName(), `uid-of-${newName('')}@example.org`] as const;
        await store.put(id, newName(), eventText(`${uid}.other`), 'new');
        await store.put(id, resource, eventText(uid), 'new');
        expect((await other.withUid(id, uid))?.name).toBe(resource);
        expect(await other.withUid(id, `no-${uid}`)).toBeUndefined();
      });

      it('many are read in one go', async () => {
        const { id } = await collection();
        const names = Array.from({ length: 120 }, () => newName());
        for (let at = 0; at < names.length; at += 20) {
          await Promise.all(names.slice(at, at + 20).map((it) => store.put(id, it, eventText(it), 'new')));
        }
        const read = await store.read(id, names);
        expect(read.map((it) => it.name).sort()).toEqual([...names].sort());
      }, 60_000);
    });

    describe('changes', () => {
      it('are everything at first', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const changes = await other.changes(id);
        expect(changes).toMatchObject({ complete: true, removed: [] });
        expect(changes.resources.map((it) => it.name)).toEqual([resource]);
        expect(changes.token !== undefined).toBe(store.capabilities.hasSyncToken);
      });

      it('are new, changed and removed resources since the token', async () => {
        const { id } = await collection();
        const [kept, changed, removed, added] = [newName(), newName(), newName(), newName()] as const;
        for (const it of [kept, changed, removed]) await store.put(id, it, eventText(it), 'new');
        const before = await store.changes(id);
        await other.put(id, changed, eventText(changed, { summary: 'Changed' }), undefined);
        await other.remove(id, removed, undefined);
        await other.put(id, added, eventText(added), 'new');
        const after = await store.changes(id, before.token);
        const etags = new Map(after.resources.map((it) => [it.name, it.etag]));
        expect(etags.has(added)).toBe(true);
        expect(etags.get(changed)).not.toBe(before.resources.find((it) => it.name === changed)?.etag);
        if (after.complete) expect([...etags.keys()].sort()).toEqual([kept, changed, added].sort());
        else {
          expect([...etags.keys()].sort()).toEqual([changed, added].sort());
          expect(after.removed).toEqual([removed]);
        }
      });

      it('with a token that nobody gave are everything', async () => {
        const { id } = await collection();
        const resource = newName();
        await store.put(id, resource, eventText(resource), 'new');
        const changes = await store.changes(id, 'http://example.org/no-such-token');
        expect(changes).toMatchObject({ complete: true, removed: [] });
        expect(changes.resources.map((it) => it.name)).toEqual([resource]);
      });
    });

    describe('filters', () => {
      it('leave out events that were over', async () => {
        const { id } = await collection();
        const names = { over: newName(), later: newName(), daily: newName(), ended: newName() };
        await store.put(id, names.over, eventText(names.over, { start: '20200102T100000Z' }), 'new');
        await store.put(id, names.later, eventText(names.later, { start: '20280102T100000Z' }), 'new');
        await store.put(
          id,
          names.daily,
          eventText(names.daily, { start: '20200102T100000Z', rule: 'FREQ=DAILY' }),
          'new',
        );
        await store.put(
          id,
          names.ended,
          eventText(names.ended, { start: '20200102T100000Z', rule: 'FREQ=DAILY;COUNT=5' }),
          'new',
        );
        const wanted = await store.matching(id, { endsAfter: new Date('2026-11-01T00:00:00Z') });
        expect([...wanted].sort()).toEqual([names.later, names.daily].sort());
      });

      it('leave out tasks that are done', async () => {
        if (!store.capabilities.classes.has('Tasks')) return;
        const { id } = await collection('Tasks');
        const [open, done] = [newName(), newName()] as const;
        await store.put(id, open, taskText(open), 'new');
        await store.put(id, done, taskText(done, true), 'new');
        expect([...(await store.matching(id, 'incomplete'))]).toEqual([open]);
      });
    });

    it('contacts are kept as events are', async () => {
      const { id } = await collection('Contacts');
      const resource = newName('.vcf');
      await store.put(id, resource, cardText(resource), 'new');
      expect((await other.changes(id)).resources.map((it) => it.name)).toEqual([resource]);
      expect((await other.read(id, [resource]))[0]?.text).toContain('FN:Charles Babbage');
    });

    it('a watch tells of changes by another program, and of collections', async () => {
      const { id } = await collection();
      const events: FolderEvent[] = [];
      const watch = await under.mailbox.watch((event) => events.push(event));
      try {
        watch.update([id]);
        const resource = newName();
        await other.put(id, resource, eventText(resource), 'new');
        await eventually(
          'the change',
          () => events.some((it) => it.kind === 'changed' && it.folderId === id) || undefined,
        );
        const made = await other.createCollection(`Watched ${process.pid} ${++serial}`, 'Contacts');
        await eventually('the hierarchy', () => events.some((it) => it.kind === 'hierarchy') || undefined);
        await other.deleteCollection(made.id);
      } finally {
        await watch.close();
      }
    }, 60_000);

    it('the default collections are not renamed or deleted, or are so for good', async () => {
      const calendar = await standard('Calendar');
      if (!calendar || store.capabilities.hasSyncToken) return;
      await expectBackendError(store.deleteCollection(calendar.id), 'forbidden');
      await expectBackendError(store.renameCollection(calendar.id, 'Other'), 'forbidden');
    });
  });
}

function resourcesOf(mailbox: Mailbox): ResourceStore {
  if (!mailbox.resources) throw new Error('the mailbox has no resources');
  return mailbox.resources;
}
