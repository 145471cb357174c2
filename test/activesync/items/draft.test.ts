import { describe, expect, it } from 'vitest';
import { readDraft, readEmailChange } from '../../../lib/activesync/items/index.ts';
import { readMessage } from '../../../lib/activesync/items/whole-message.ts';
import {
  child,
  children,
  type Element,
  element,
  MalformedValue,
  text,
} from '../../../lib/activesync/protocol/index.ts';
import { parse } from '../../support/transcript.ts';
import { bodyOf, corpus, preference, rendered } from './support.ts';

const author = {
  account: { user: 'robin', addresses: ['robin@example.net', 'r@example.net'], displayName: 'Röbin Tester' },
  now: new Date('2026-03-04T10:00:00Z'),
};
const command = (kind: 'Add' | 'Change', inside: string) =>
  child(
    parse(`<Sync><${kind}><ClientId>c1</ClientId><ApplicationData>${inside}</ApplicationData></${kind}></Sync>`),
    `AirSync:${kind}`,
  ) as Element;
const draft = (inside: string) => readDraft(command('Add', inside), '16.1', author);
const written = async (inside: string) => Buffer.from(await draft(inside).message());
const changed = async (inside: string, original: Uint8Array) => {
  const { change } = readEmailChange(command('Change', inside), '16.1', author);
  if (!change.rewrite) throw new Error('nothing to rewrite');
  return Buffer.from(await change.rewrite(original));
};
const body = (data: string, type = 1) =>
  `<airsyncbase:Body><airsyncbase:Type>${type}</airsyncbase:Type><airsyncbase:Data>${data}</airsyncbase:Data></airsyncbase:Body>`;
const shown = (raw: Uint8Array) =>
  rendered(raw, { flags: ['\\Draft'], options: { bodies: [preference(2), preference(1)] } });
const attachments = (raw: Uint8Array) => children(child(shown(raw), 'AirSyncBase:Attachments'));
const names = (raw: Uint8Array) => attachments(raw).map((it) => text(it, 'AirSyncBase:DisplayName'));
const bytesOf = (raw: Uint8Array) => readMessage(raw).attachments.map((it) => Buffer.from(it.bytes));
const ALL = `<email:To>Ana Éxample &#60;ana@example.org&#62;; bob@example.org</email:To><email:Cc>c@example.org</email:Cc>
  <email2:Bcc>hidden@example.org</email2:Bcc><email:Subject>Gruß 🙂</email:Subject><email:Importance>2</email:Importance>${body('Línea 1')}`;

describe('a new draft', () => {
  it('is a message that shows what was written', async () => {
    const data = shown(await written(ALL));
    expect(
      ['Email:To', 'Email:Cc', 'Email2:Bcc', 'Email:From', 'Email:Subject', 'Email:Importance'].map((tag) =>
        text(data, tag as 'Email:To'),
      ),
    ).toEqual([
      '"Ana Éxample" <ana@example.org>, bob@example.org',
      'c@example.org',
      'hidden@example.org',
      '"Röbin Tester" <robin@example.net>',
      'Gruß 🙂',
      '2',
    ]);
    expect(bodyOf(data)).toMatchObject({ type: '1', data: 'Línea 1\r\n' });
  });

  it('is ASCII, dated, and has an id', async () => {
    const raw = (await written(ALL)).toString('latin1');
    expect(raw).toMatch(/^[\x20-\x7e\r\n\t]+$/);
    expect(raw).toContain('\r\nDate: Wed, 04 Mar 2026 10:00:00 +0000\r\n');
    expect(raw).toMatch(/\r\nMessage-ID: <[0-9a-f]{32}@example\.net>\r\n/);
  });

  it('is the same when it is sent again, and another under another ClientId', async () => {
    expect(await written(ALL)).toEqual(await written(ALL));
    const other = child(
      parse(`<Sync><Add><ClientId>c2</ClientId><ApplicationData>${ALL}</ApplicationData></Add></Sync>`),
      'AirSync:Add',
    ) as Element;
    expect(Buffer.from(await readDraft(other, '16.1', author).message())).not.toEqual(await written(ALL));
  });

  it('is read and a draft by its flags; to be sent if it says so', () => {
    expect(draft(ALL)).toMatchObject({ flags: ['\\Draft', '\\Seen'], send: false });
    expect(draft(`${ALL}<email2:Send/>`).send).toBe(true);
    expect(draft('<email:Read>0</email:Read>').flags).toEqual(['\\Draft']);
  });

  it('may be empty', async () => {
    expect(bodyOf(shown(await written('')))).toMatchObject({ data: '', truncated: false });
  });

  it('HTML stays HTML', async () => {
    expect(bodyOf(shown(await written(body('&#60;p&#62;ä&#60;/p&#62;', 2))))).toMatchObject({
      type: '2',
      data: '<p>ä</p>',
    });
  });

  it('HTML has a text beside it for those who show none', async () => {
    expect(readMessage(await written(body('&#60;p&#62;ä &#60;b&#62;b&#60;/b&#62;&#60;/p&#62;', 2))).text).toBe('ä b');
  });

  it('has the attachments that are added, pictures inside the HTML', async () => {
    const add = (inside: string) =>
      `<airsyncbase:Add><airsyncbase:ClientId>a</airsyncbase:ClientId><airsyncbase:Method>1</airsyncbase:Method>${inside}</airsyncbase:Add>`;
    const raw = await written(
      `${body('&#60;img src="cid:pic"&#62;', 2)}<airsyncbase:Attachments>${add(
        '<airsyncbase:ContentType>image/png</airsyncbase:ContentType><airsyncbase:Content>iVBORw0KGgo=</airsyncbase:Content><airsyncbase:DisplayName>p.png</airsyncbase:DisplayName><airsyncbase:ContentId>pic</airsyncbase:ContentId><airsyncbase:IsInline>1</airsyncbase:IsInline>',
      )}${add('<airsyncbase:Content>AQID</airsyncbase:Content><airsyncbase:DisplayName>Größe.bin</airsyncbase:DisplayName>')}</airsyncbase:Attachments>`,
    );
    expect(names(raw)).toEqual(['p.png', 'Größe.bin']);
    expect(attachments(raw).map((it) => text(it, 'AirSyncBase:IsInline'))).toEqual(['1', undefined]);
    expect(bytesOf(raw)).toEqual([Buffer.from('iVBORw0KGgo=', 'base64'), Buffer.from([1, 2, 3])]);
  });

  it('takes attachments as opaque bytes too', async () => {
    const it = element(
      'AirSync:ApplicationData',
      element(
        'AirSyncBase:Attachments',
        element(
          'AirSyncBase:Add',
          element('AirSyncBase:Content', Buffer.from([1, 2, 3, 4])),
          element('AirSyncBase:DisplayName', 'x'),
        ),
      ),
    );
    const raw = await readDraft(it, '16.1', author).message();
    expect(bytesOf(raw)).toEqual([Buffer.from([1, 2, 3, 4])]);
  });

  it.each([
    body('x', 3),
    body('x', 9),
    '<email:Importance>7</email:Importance>',
    '<airsyncbase:Attachments><airsyncbase:Add><airsyncbase:DisplayName>x</airsyncbase:DisplayName></airsyncbase:Add></airsyncbase:Attachments>',
    '<airsyncbase:Attachments><airsyncbase:Delete><airsyncbase:FileReference>mine</airsyncbase:FileReference></airsyncbase:Delete></airsyncbase:Attachments>',
    '<email2:Send>maybe</email2:Send>',
  ])('%s is refused', (inside) => {
    expect(() => draft(inside)).toThrow(MalformedValue);
  });

  it('a line break in an address or a subject makes no header field', async () => {
    const raw = (
      await written('<email:To>a@example.org\nX-Evil: 1</email:To><email:Subject>x\nX-Evil: 2</email:Subject>')
    ).toString();
    expect(raw).not.toMatch(/^X-Evil/m);
  });
});

describe('a change of a draft', () => {
  const original = corpus('draft');

  it('is laid over what there is', async () => {
    const raw = await changed('<email:Subject>Finished</email:Subject>', original);
    const data = shown(raw);
    expect(text(data, 'Email:Subject')).toBe('Finished');
    expect(text(data, 'Email:To')).toBe('ana@example.org');
    expect(text(data, 'Email2:Bcc')).toBe('hidden@example.org');
    expect(bodyOf(data).data).toContain('<p>Not yet</p>');
    expect(names(raw)).toEqual(['a.csv', 'b.pdf']);
    expect(raw.toString()).toContain('X-Keep: me\r\n');
    expect(raw.toString()).toContain('Message-ID: <draft-1@example.net>\r\n');
    expect(raw.toString().match(/^Subject:/gm)).toHaveLength(1);
    expect(raw.toString()).toContain('Date: Wed, 04 Mar 2026 10:00:00 +0000\r\n');
  });

  it('replaces the body, and keeps the attachments', async () => {
    const raw = await changed(body('Now it is'), original);
    expect(bodyOf(shown(raw))).toMatchObject({ type: '1', data: 'Now it is' });
    expect(names(raw)).toEqual(['a.csv', 'b.pdf']);
  });

  it('takes attachments away and adds others', async () => {
    const [first] = attachments(original);
    const raw = await changed(
      `<airsyncbase:Attachments><airsyncbase:Delete><airsyncbase:FileReference>${text(first, 'AirSyncBase:FileReference')}</airsyncbase:FileReference></airsyncbase:Delete>
       <airsyncbase:Add><airsyncbase:Content>AQID</airsyncbase:Content><airsyncbase:DisplayName>c.bin</airsyncbase:DisplayName></airsyncbase:Add></airsyncbase:Attachments>`,
      original,
    );
    expect(names(raw)).toEqual(['b.pdf', 'c.bin']);
    expect(bodyOf(shown(raw)).data).toContain('Not yet');
  });

  it('an empty list takes its field away', async () => {
    const data = shown(await changed('<email2:Bcc/><email:Cc></email:Cc>', original));
    expect([text(data, 'Email2:Bcc'), text(data, 'Email:Cc'), text(data, 'Email:To')]).toEqual([
      undefined,
      undefined,
      'ana@example.org',
    ]);
  });

  it('may be of flags alone: then nothing is rewritten', () => {
    const { change, send } = readEmailChange(
      command('Change', '<email:Read>1</email:Read><email2:Send/>'),
      '16.1',
      author,
    );
    expect(change).toEqual({ read: true });
    expect(send).toBe(true);
  });

  it('of a draft that is no MIME at all gives a good one', async () => {
    const raw = await changed('<email:Subject>x</email:Subject>', Buffer.from([0xff, 0, 0x0d, 0x0a]));
    expect(text(shown(raw), 'Email:Subject')).toBe('x');
    expect(text(shown(raw), 'Email:From')).toBe('"Röbin Tester" <robin@example.net>');
  });
});
