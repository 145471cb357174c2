import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEMO_USERS,
  type FetchedMessage,
  headerFields,
  headerValue,
  type Mailbox,
  openFolders,
  type Part,
  seedFolders,
} from '../../../lib/backends/index.ts';
import { seedMessages } from '../../../lib/backends/folders/seed/mail.ts';
import { systemClock, systemRandom } from '../../../lib/platform/index.ts';

const types = (part: Part): string[] => [part.type, ...part.parts.flatMap(types)];

describe('seeded mail folders', () => {
  let directory: string;
  let root: string;
  let system: Awaited<ReturnType<typeof openFolders>>;
  const mailboxes: Mailbox[] = [];
  const everything: { user: string; folder: string; message: FetchedMessage }[] = [];
  const seed = () => seedFolders({ root, clock: systemClock, random: systemRandom });

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'caravan-seed-'));
    root = join(directory, 'mail');
    expect(await seed()).toBe(true);
    system = await openFolders({ root });
    for (const { name, address, password } of DEMO_USERS) {
      const account = await system.authenticate({ userName: address, password });
      if (!account) throw new Error(`${address} cannot sign in`);
      const mailbox = await system.open(account, { userName: address, password });
      mailboxes.push(mailbox);
      for (const { id, selectable, itemClass } of await mailbox.folders()) {
        if (!selectable || itemClass !== 'Email') continue;
        const uids = (await mailbox.changes(id)).messages.map((message) => message.uid);
        const fetched = await mailbox.fetch(id, uids, () => [{ path: '' }]);
        everything.push(...fetched.map((message) => ({ user: name, folder: id, message })));
      }
    }
  });
  afterAll(async () => {
    await system.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('have a few dozen messages a user, in special and nested folders', async () => {
    for (const [i, { name }] of DEMO_USERS.entries()) {
      const own = everything.filter(({ user }) => user === name);
      expect(own.length).toBeGreaterThanOrEqual(24);
      expect(own.filter(({ folder }) => folder === 'INBOX').length).toBeGreaterThanOrEqual(15);
      for (const folder of ['Drafts', 'Sent', 'Archive', 'Junk', 'Work.Projects']) {
        expect(
          own.some((each) => each.folder === folder),
          `${name} ${folder}`,
        ).toBe(true);
      }
      const work = (await mailboxes[i]?.folders())?.find((folder) => folder.id === 'Work');
      expect(work).toMatchObject({ selectable: false, parentId: undefined });
    }
  });

  it('have read, unread, flagged, answered, categorised messages and drafts', () => {
    const flags = everything.map(({ message }) => message.flags);
    expect(flags.some((each) => each.length === 0)).toBe(true);
    for (const flag of ['\\Seen', '\\Flagged', '\\Answered', '\\Draft', '$Forwarded', 'Finance']) {
      expect(
        flags.some((each) => each.includes(flag)),
        flag,
      ).toBe(true);
    }
  });

  it('have every shape of mail', () => {
    const found = new Set(everything.flatMap(({ message }) => types(message.structure)));
    for (const type of [
      'text/plain',
      'text/html',
      'text/calendar',
      'multipart/alternative',
      'multipart/related',
      'multipart/mixed',
      'multipart/signed',
      'application/pdf',
      'image/png',
      'message/rfc822',
      'application/pkcs7-mime',
    ]) {
      expect(found, type).toContain(type);
    }
  });

  it('are dated before now, in the time of arrival as in the header', () => {
    for (const { message } of everything) {
      const date = new Date(headerValue(headerFields(message.header), 'date') ?? '');
      expect(Math.abs(date.getTime() - message.receivedAt.getTime())).toBeLessThan(2_000);
      expect(message.receivedAt.getTime()).toBeLessThan(Date.now());
    }
  });

  it('hold messages that another parser reads, with lines of lawful length and all characters', async () => {
    for (const { message } of everything) {
      const raw = Buffer.from(message.parts.get('')?.bytes ?? []);
      expect(raw.length).toBe(message.sizeBytes);
      const text = raw.toString('latin1');
      expect(text).not.toMatch(/[^\r]\n|\r[^\n]/);
      expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
      const email = await PostalMime.parse(raw);
      expect(email.from?.address).toMatch(/@.*example/);
      expect(`${email.subject}${email.text ?? ''}${email.html ?? ''}`).not.toContain('\ufffd');
    }
  });

  it('spell names and texts of other scripts right', async () => {
    const subjects = await Promise.all(
      everything.map(async ({ message }) => PostalMime.parse(Buffer.from(message.parts.get('')?.bytes ?? []))),
    );
    const all = subjects.map((email) => `${email.from?.name}: ${email.subject} ${email.text}`).join('\n');
    expect(all).toContain('田中 陽子: 来週の打ち合わせ 田中です。');
    expect(all).toContain('Ольга Иванова: Договор Здравствуйте, Ада!');
    expect(all).toContain(
      'Erika Müller: Grüße aus Köln: Fotos vom Sommerfest Lieber Bob,\n\nanbei die Fotos. Schöne Grüße!',
    );
    expect(all).toContain('Welcome to the team 🎉 Welcome, Bob! 🎉');
  });

  it('are the same bytes for the same now', () => {
    const now = new Date('2026-11-22T10:00:00Z');
    expect(seedMessages(now)).toEqual(seedMessages(now));
  });

  it('are never overwritten', async () => {
    const before = await readdir(root, { recursive: true });
    expect(await seed()).toBe(false);
    expect(await readdir(root, { recursive: true })).toEqual(before);
    const other = join(directory, 'other');
    await mkdir(other);
    await writeFile(join(other, 'precious'), 'x');
    expect(await seedFolders({ root: other, clock: systemClock, random: systemRandom })).toBe(false);
    expect(await readdir(other)).toEqual(['precious']);
  });

  it('are made once by two that start together', async () => {
    const both = join(directory, 'both');
    const options = { root: both, clock: systemClock, random: systemRandom };
    const made = await Promise.all([seedFolders(options), seedFolders(options)]);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect((await readdir(directory)).sort()).toEqual(['both', 'mail', 'other']);
  });
});
