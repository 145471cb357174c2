// A note as a message and as a VJOURNAL: what nobody changed stays.
import * as fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { journalOf, messageOf, saysTheSame } from '../../../lib/backends/notes/note-message.ts';
import { htmlOfText, textOfHtml } from '../../../lib/backends/notes/note-text.ts';

const NOW = new Date('2026-11-27T08:00:00Z');
const WRITE = { uuid: 'A1', from: 'ada@example.org', messageId: '<n@example.org>', now: NOW, before: undefined };

const journal = (...lines: readonly string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VJOURNAL', 'UID:A1', ...lines, 'END:VJOURNAL', 'END:VCALENDAR', ''].join(
    '\r\n',
  );

/** As an iPhone leaves it. */
const APPLE = Buffer.from(
  [
    'From: Ada <ada@example.org>',
    'Subject: Shopping',
    'Date: Thu, 26 Nov 2026 10:00:00 +0100',
    'X-Uniform-Type-Identifier: com.apple.mail-note',
    'X-Universally-Unique-Identifier: 5A1F2C3D-0000-4000-8000-000000000001',
    'X-Mail-Created-Date: Wed, 25 Nov 2026 09:00:00 +0100',
    'X-Has-Anything: kept',
    'Mime-Version: 1.0',
    'Content-Type: multipart/related; boundary=b',
    '',
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<html><body>Shopping<div><b>Milk</b> &amp; caf&eacute;</div><div><br></div><div>Bread <img src="cid:p"></div></body></html>',
    '--b',
    'Content-Type: image/png; name=p.png',
    'Content-ID: <p>',
    'Content-Transfer-Encoding: base64',
    '',
    'iVBORw0KGgo=',
    '--b--',
    '',
  ].join('\r\n'),
);

describe('the text of a note', () => {
  it('comes back from HTML as it was', () => {
    const line = fc.string({
      unit: fc.constantFrom('a', 'Z', ' ', '<', '>', '&', '"', '\u00e4', '\u{1f370}', ';'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), (lines) => {
        const text = lines.map((it) => (it.trim() === '' ? '' : it)).join('\n');
        expect(textOfHtml(htmlOfText(text))).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it("is read from an iPhone's HTML", async () => {
    const text = await journalOf('X', APPLE);
    expect(text).toContain('SUMMARY:Shopping\r\n');
    expect(text).toContain('DESCRIPTION:Shopping\\nMilk & caf\u00e9\\n\\nBread');
    expect(text).toContain('CREATED:20261125T080000Z');
    expect(text).toContain('LAST-MODIFIED:20261126T090000Z');
  });
});

describe('a note as a message', () => {
  it('says what it is, and who', async () => {
    const source = journal('SUMMARY:Ideas\\, more', 'DESCRIPTION:one\\ntwo', 'CATEGORIES:Home,A\\,B');
    const email = await PostalMime.parse(await messageOf({ ...WRITE, journal: source }));
    const headers = new Map(email.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('x-uniform-type-identifier')).toBe('com.apple.mail-note');
    expect(headers.get('x-universally-unique-identifier')).toBe('A1');
    expect([email.subject, email.html?.trim()]).toEqual([
      'Ideas, more',
      '<html><head></head><body><div>one</div><div>two</div></body></html>',
    ]);
    const back = await journalOf('A1', await messageOf({ ...WRITE, journal: source }));
    for (const line of ['SUMMARY:Ideas\\, more', 'DESCRIPTION:one\\ntwo', 'CATEGORIES:Home,A\\,B'])
      expect(back).toContain(line);
  });

  it('keeps its HTML, pictures, date of making and fields where its subject alone changes', async () => {
    const before = await journalOf('A1', APPLE);
    const source = before.replace('SUMMARY:Shopping', 'SUMMARY:Errands');
    const raw = await messageOf({ ...WRITE, journal: source, before: { raw: APPLE, id: '7-1' } });
    const [old, email] = [await PostalMime.parse(APPLE), await PostalMime.parse(raw)];
    expect([email.subject, email.html?.trim()]).toEqual(['Errands', old.html?.trim()]);
    expect(
      email.attachments.map((it) => [
        it.mimeType,
        it.contentId,
        Buffer.from(it.content as ArrayBuffer).toString('base64'),
      ]),
    ).toEqual([['image/png', '<p>', 'iVBORw0KGgo=']]);
    const headers = new Map(email.headers.map(({ key, value }) => [key, value]));
    expect(headers.get('x-has-anything')).toBe('kept');
    expect(headers.get('x-caravan-replaces')).toBe('7-1');
    expect(new Date(headers.get('x-mail-created-date') ?? '')).toEqual(new Date('2026-11-25T08:00:00Z'));
  });

  it('keeps its pictures where its text changes too', async () => {
    const source = journal('SUMMARY:Shopping', 'DESCRIPTION:Milk only');
    const email = await PostalMime.parse(
      await messageOf({ ...WRITE, journal: source, before: { raw: APPLE, id: '7-1' } }),
    );
    expect(email.html).toContain('<div>Milk only</div>');
    expect(email.attachments).toHaveLength(1);
  });

  it('keeps a text of very many lines to the letter, as plain text: laying out its HTML would keep the server busy', async () => {
    const lines = Array.from({ length: 150_000 }, (_, at) => `line ${at}`).join('\\n');
    const raw = await messageOf({ ...WRITE, journal: journal(`DESCRIPTION:${lines}`) });
    expect((await PostalMime.parse(raw)).html).toBeUndefined();
    expect(await journalOf('A1', raw)).toContain(`DESCRIPTION:${lines}\r\n`);
    const changed = journal(`DESCRIPTION:${lines}, and more`);
    const again = await messageOf({ ...WRITE, journal: changed, before: { raw, id: '7-1' } });
    expect(await saysTheSame(again, changed)).toBe(true);
  });

  it('refuses HTML with more tags than can be laid out, and reads what is nested deeply', async () => {
    const many = journal(`X-ALT-DESC;FMTTYPE=text/html:${'<p>a</p>'.repeat(20_000)}`);
    await expect(messageOf({ ...WRITE, journal: many })).rejects.toMatchObject({ code: 'rejected' });
    const letter = `Subject: x\r\nContent-Type: text/html\r\n\r\n${'<p>a</p>'.repeat(20_000)}`;
    await expect(journalOf('A1', Buffer.from(letter))).rejects.toMatchObject({ code: 'rejected' });
    expect(textOfHtml(`near${'<div>'.repeat(9_000)}far${'</div>'.repeat(9_000)}`)).toMatch(/^near/);
  });

  it('what is no VJOURNAL is rejected', async () => {
    await expect(messageOf({ ...WRITE, journal: 'BEGIN:VEVENT' })).rejects.toMatchObject({ code: 'rejected' });
  });
});
