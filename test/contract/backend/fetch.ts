import { describe, expect, it } from 'vitest';
import type { FetchedMessage, FetchPlan, Part } from '../../../lib/backends/index.ts';
import { type BackendFixture, composeMessage, expectBackendError } from './fixture.ts';

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('utf8');
const crlf = (lines: readonly string[]): Uint8Array => Buffer.from(lines.join('\r\n'));

/** multipart/mixed of (multipart/alternative of plain and html), a PDF, and a nested message. */
const RICH = crlf([
  'From: Bob <bob@example.org>',
  'To: Ada <ada@example.org>',
  'Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=',
  'Message-ID: <rich@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="outer"',
  '',
  'preamble',
  '--outer',
  'Content-Type: multipart/alternative; boundary=inner',
  '',
  '--inner',
  'Content-Type: TEXT/Plain; Charset=UTF-8; format=flowed',
  'Content-Transfer-Encoding: Quoted-Printable',
  '',
  'Gr=C3=BC=C3=9Fe',
  '--inner',
  'Content-Type: text/html; charset=utf-8',
  '',
  '<p>Gruss</p>',
  '--inner--',
  '',
  '--outer',
  "Content-Type: application/pdf; name*0*=utf-8''Rechnung%20f%C3%BC; name*1*=r%20Ada.pdf",
  'Content-Transfer-Encoding: base64',
  'Content-ID: <pdf@example.org>',
  'Content-Description: =?utf-8?B?UmVjaG51bmcgw7w=?=',
  "Content-Disposition: ATTACHMENT; filename*=utf-8''Rechnung%20%C3%BC.pdf; size=9",
  '',
  'JVBERi0xLjQKMTIz',
  '--outer',
  'Content-Type: message/rfc822',
  'Content-Disposition: inline; filename="=?utf-8?Q?w=C3=B6rtlich.eml?="',
  '',
  'From: Carol <carol@example.org>',
  'Subject: Nested',
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary="deep"',
  '',
  '--deep',
  'Content-Type: text/plain',
  '',
  'deep down',
  '--deep--',
  '--outer--',
  '',
]);

export function describeFetch(fixture: BackendFixture): void {
  describe('fetch', () => {
    const fetchOne = async (raw: Uint8Array, plan: FetchPlan): Promise<FetchedMessage> => {
      const { mailbox, folder } = await fixture.folder();
      const { uid } = await mailbox.append(folder.id, raw, { flags: [] });
      const [message] = await mailbox.fetch(folder.id, [uid], plan);
      if (!message) throw new Error('the message was not fetched');
      return message;
    };

    it('tells state, header and structure', async () => {
      const { mailbox, folder } = await fixture.folder();
      const receivedAt = new Date('2026-04-05T06:07:08Z');
      const { uid } = await mailbox.append(folder.id, RICH, { flags: ['\\Seen'], receivedAt });
      const [message] = await mailbox.fetch(folder.id, [uid], () => []);
      expect(message).toMatchObject({ uid, flags: ['\\Seen'], receivedAt, sizeBytes: RICH.length });
      expect(text(message?.header)).toBe(text(RICH).slice(0, text(RICH).indexOf('preamble')));
      expect(message?.parts.size).toBe(0);
    });

    it('gives the header raw, ending with the empty line', async () => {
      const { raw } = composeMessage({ subject: '=?utf-8?Q?a?= =?utf-8?Q?b?=\r\n folded' });
      const { header } = await fetchOne(raw, () => []);
      expect(text(header)).toBe(text(raw).slice(0, text(raw).indexOf('\r\n\r\n') + 4));
    });

    it('tells the MIME tree with names in lower case and values decoded', async () => {
      const { structure } = await fetchOne(RICH, () => []);
      expect(structure).toMatchObject({ path: '', type: 'multipart/mixed', sizeBytes: 0 });
      const [alternative, pdf, nested] = structure.parts as [Part, Part, Part];
      expect(alternative).toMatchObject({ path: '1', type: 'multipart/alternative', sizeBytes: 0 });
      expect(alternative.parts.map((part) => [part.path, part.type])).toEqual([
        ['1.1', 'text/plain'],
        ['1.2', 'text/html'],
      ]);
      expect(alternative.parts[0]).toMatchObject({ encoding: 'quoted-printable', sizeBytes: 15, parts: [] });
      expect(alternative.parts[0]?.parameters).toMatchObject({ format: 'flowed' });
      expect(alternative.parts[0]?.parameters['charset']?.toLowerCase()).toBe('utf-8');
      expect(alternative.parts[1]?.encoding).toBe('7bit');
      expect(pdf).toMatchObject({
        path: '2',
        type: 'application/pdf',
        parameters: { name: 'Rechnung für Ada.pdf' },
        id: '<pdf@example.org>',
        description: 'Rechnung ü',
        encoding: 'base64',
        sizeBytes: 16,
        disposition: 'attachment',
        dispositionParameters: { filename: 'Rechnung ü.pdf' },
      });
      expect(nested).toMatchObject({
        path: '3',
        type: 'message/rfc822',
        disposition: 'inline',
        dispositionParameters: { filename: 'wörtlich.eml' },
      });
      expect(nested.parts).toHaveLength(1);
      expect(nested.parts[0]).toMatchObject({ type: 'multipart/mixed' });
      expect(nested.parts[0]?.parts[0]).toMatchObject({ path: '3.1', type: 'text/plain' });
    });

    it('numbers the root of a message that is not multipart 1', async () => {
      const { raw } = fixture.message({ body: 'Just text.' });
      const message = await fetchOne(raw, ({ structure }) => [{ path: structure.path }]);
      expect(message.structure).toMatchObject({ path: '1', type: 'text/plain', parts: [] });
      expect(text(message.parts.get('1')?.bytes)).toBe('Just text.\r\n');
    });

    it('takes a message without MIME headers for plain text', async () => {
      const message = await fetchOne(crlf(['Subject: Bare', '', 'Hello', '']), () => [{ path: '1' }]);
      expect(message.structure).toMatchObject({ path: '1', type: 'text/plain', encoding: '7bit' });
      expect(text(message.parts.get('1')?.bytes)).toBe('Hello\r\n');
    });

    it('brings the parts that the plan asks for, still transfer-encoded', async () => {
      const message = await fetchOne(RICH, () => [{ path: '1.1' }, { path: '2' }, { path: '3.1' }]);
      expect([...message.parts.keys()].sort()).toEqual(['1.1', '2', '3.1']);
      expect(message.parts.get('1.1')).toMatchObject({ complete: true });
      expect(text(message.parts.get('1.1')?.bytes)).toBe('Gr=C3=BC=C3=9Fe');
      expect(text(message.parts.get('2')?.bytes)).toBe('JVBERi0xLjQKMTIz');
      expect(text(message.parts.get('3.1')?.bytes)).toBe('deep down');
    });

    it('asks the plan with structure and size', async () => {
      const seen: [string, number][] = [];
      await fetchOne(RICH, ({ structure, sizeBytes }) => {
        seen.push([structure.type, sizeBytes]);
        return [];
      });
      expect(seen).toEqual([['multipart/mixed', RICH.length]]);
    });

    it("gives the whole raw message for ''", async () => {
      const message = await fetchOne(RICH, () => [{ path: '' }]);
      expect(text(message.parts.get('')?.bytes)).toBe(text(RICH));
      expect(message.parts.get('')?.complete).toBe(true);
    });

    it('leaves out parts that the message does not have', async () => {
      const message = await fetchOne(RICH, () => [{ path: '7' }, { path: '1.2' }]);
      expect([...message.parts.keys()]).toEqual(['1.2']);
    });

    it('cuts at limitBytes and tells so', async () => {
      const { raw } = fixture.message({ body: '0123456789' });
      const cut = await fetchOne(raw, () => [{ path: '1', limitBytes: 4 }]);
      expect(text(cut.parts.get('1')?.bytes)).toBe('0123');
      expect(cut.parts.get('1')?.complete).toBe(false);
    });

    it('is complete when limitBytes cut nothing', async () => {
      const { raw } = fixture.message({ body: '0123456789' });
      for (const limitBytes of [12, 13, 5_000]) {
        const message = await fetchOne(raw, () => [{ path: '1', limitBytes }]);
        expect(text(message.parts.get('1')?.bytes)).toBe('0123456789\r\n');
        expect(message.parts.get('1')?.complete, `${limitBytes}`).toBe(true);
      }
    });

    it('starts at offsetBytes', async () => {
      const { raw } = fixture.message({ body: '0123456789' });
      const middle = await fetchOne(raw, () => [{ path: '1', offsetBytes: 3, limitBytes: 4 }]);
      expect(text(middle.parts.get('1')?.bytes)).toBe('3456');
      expect(middle.parts.get('1')?.complete).toBe(false);
      const rest = await fetchOne(raw, () => [{ path: '1', offsetBytes: 8 }]);
      expect(text(rest.parts.get('1')?.bytes)).toBe('89\r\n');
      expect(rest.parts.get('1')?.complete).toBe(true);
      const beyond = await fetchOne(raw, () => [{ path: '1', offsetBytes: 100, limitBytes: 5 }]);
      expect(text(beyond.parts.get('1')?.bytes)).toBe('');
      expect(beyond.parts.get('1')?.complete).toBe(true);
    });

    it('cuts the whole message too', async () => {
      const message = await fetchOne(RICH, () => [{ path: '', offsetBytes: 5, limitBytes: 100 }]);
      expect(text(message.parts.get('')?.bytes)).toBe(text(RICH.subarray(5, 105)));
      expect(message.parts.get('')?.complete).toBe(false);
    });

    it('keeps bytes that are not text', async () => {
      const body = Buffer.from(Array.from({ length: 512 }, (_, i) => (i % 255) + 1)).filter(
        (b) => b !== 10 && b !== 13,
      );
      const raw = Buffer.concat([Buffer.from('Subject: Eight bits\r\nContent-Transfer-Encoding: 8bit\r\n\r\n'), body]);
      const message = await fetchOne(raw, () => [{ path: '1' }]);
      expect(Buffer.from(message.parts.get('1')?.bytes ?? []).equals(body)).toBe(true);
    });

    it('gives results in the order of uids, those gone left out', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [a, b, c] = (await fixture.fill(mailbox, folder, 3)) as [number, number, number];
      await mailbox.remove(folder.id, [b]);
      const messages = await mailbox.fetch(folder.id, [c, b, a, 999_999], () => [{ path: '1' }]);
      expect(messages.map((message) => message.uid)).toEqual([c, a]);
    });

    it('of no uids is empty', async () => {
      const { mailbox, folder } = await fixture.folder();
      expect(await mailbox.fetch(folder.id, [], () => [])).toEqual([]);
    });

    it('may ask different parts of each message', async () => {
      const { mailbox, folder } = await fixture.folder();
      const uids = await fixture.fill(mailbox, folder, 2);
      uids.push((await mailbox.append(folder.id, RICH, { flags: [] })).uid);
      const plan: FetchPlan = ({ structure }) =>
        structure.parts.length > 0 ? [{ path: '1.2' }, { path: '2', limitBytes: 4 }] : [{ path: '1' }];
      const messages = await mailbox.fetch(folder.id, uids, plan);
      expect(messages.map((message) => [...message.parts.keys()].sort())).toEqual([['1'], ['1'], ['1.2', '2']]);
    });

    it('does not mark messages as seen', async () => {
      const { mailbox, folder } = await fixture.folder();
      const [uid] = await fixture.fill(mailbox, folder, 1);
      await mailbox.fetch(folder.id, [uid ?? 0], () => [{ path: '' }, { path: '1' }]);
      expect((await mailbox.changes(folder.id)).messages[0]?.flags).toEqual([]);
    });

    it('brings a hundred messages at once', async () => {
      const { mailbox, folder } = await fixture.folder();
      const uids = await fixture.fill(mailbox, folder, 100);
      const messages = await mailbox.fetch(folder.id, uids, () => [{ path: '1', limitBytes: 3 }]);
      expect(messages.map((message) => message.uid)).toEqual(uids);
      expect(new Set(messages.map((message) => text(message.parts.get('1')?.bytes)))).toEqual(new Set(['Hel']));
    });

    it('in a folder that is gone is not-found', async () => {
      await expectBackendError(
        (await fixture.open()).fetch('No such folder', [1], () => []),
        'not-found',
      );
    });
  });
}
