import { describe, expect, it } from 'vitest';
import { fileReference, findPart, parseFileReference, renderAttachment } from '../../../lib/activesync/items/index.ts';
import { child, children, type Element, type TagName, text } from '../../../lib/activesync/protocol/index.ts';
import { parseMessage } from '../../../lib/backends/index.ts';
import { CORPUS_NAMES, corpus, mail, namesOf, rendered, type Rendering, VERSIONS } from './support.ts';

const field = (name: string, tag: TagName, rendering: Rendering = {}) => text(rendered(corpus(name), rendering), tag);
const of = (lines: string, tag: TagName, rendering: Rendering = {}) => text(rendered(mail(lines), rendering), tag);

describe('addresses', () => {
  it('MS-ASEMAIL_R786, MS-ASEMAIL_R787: To has addresses separated by commas, groups and comments resolved', () => {
    expect(field('headers', 'Email:To')).toBe(
      '"One, A." <one@example.org>, "Zwei ·" <two@example.org>, "Third Person" <three@example.org>',
    );
  });

  it('MS-ASEMAIL_R330, MS-ASEMAIL_R331, MS-ASEMAIL_R328: Cc has the other recipients, separated by commas', () => {
    expect(field('headers', 'Email:Cc')).toBe('"Fo\\"ur" <four@example.org>, five@example.org');
  });

  it('MS-ASEMAIL_R710, MS-ASEMAIL_R711: ReplyTo has addresses separated by semicolons', () => {
    expect(field('headers', 'Email:ReplyTo')).toBe('"Desk" <desk@example.org>; other@example.org');
  });

  it('MS-ASEMAIL_R399, MS-ASEMAIL_R400: DisplayTo has names separated by semicolons', () => {
    expect(field('headers', 'Email:DisplayTo')).toBe('One, A.; Zwei ·; Third Person');
  });

  it('raw UTF-8 (RFC 6532) and raw Windows-1252 names are read', () => {
    expect(of('From: Jürgen <j@example.org>\n\n', 'Email:From')).toBe('"Jürgen" <j@example.org>');
    const latin = Buffer.from('From: J\xfcrgen <j@example.org>\r\n\r\n', 'latin1');
    expect(text(rendered(latin), 'Email:From')).toBe('"Jürgen" <j@example.org>');
  });

  it('a name that would forge another address stays a name', () => {
    const from = of(
      'From: =?utf-8?Q?boss=40example=2Eorg=22_=3Cboss=40example=2Eorg=3E?= <thief@example.net>\n\n',
      'Email:From',
    );
    expect(from).toMatch(/<thief@example\.net>$/);
    expect(from?.match(/[^\\]"/g)).toHaveLength(1);
  });
});

describe('Sender', () => {
  it('MS-ASEMAIL_R721, MS-ASEMAIL_R722, MS-ASEMAIL_R724, MS-ASEMAIL_R1073: who sent it for the author, who is in From', () => {
    expect(field('headers', 'Email2:Sender')).toBe('"Assistant" <assistant@example.org>');
    expect(field('headers', 'Email:From')).toBe('"Example, Ana (Sales)" <ana@example.org>');
  });

  it('MS-ASEMAIL_R726: not if it is the author', () => {
    expect(of('From: A <a@example.org>\nSender: a@EXAMPLE.org\n\n', 'Email2:Sender')).toBeUndefined();
  });

  it('MS-ASEMAIL_R1065: not if there is none', () => {
    expect(field('plain', 'Email2:Sender')).toBeUndefined();
    expect(of('From: a@example.org\nSender:\n\n', 'Email2:Sender')).toBeUndefined();
  });
});

describe('flags and their like', () => {
  it.each([
    ['MS-ASEMAIL_R640', ['\\Seen'], '1'],
    ['MS-ASEMAIL_R640', ['\\SEEN', 'x'], '1'],
    ['MS-ASEMAIL_R641', ['\\Flagged'], '0'],
  ])('%s: Read with %j is %s', (_id, flags, expected) => {
    expect(field('plain', 'Email:Read', { flags })).toBe(expected);
  });

  it.each([
    [['\\Answered'], '1'],
    [['$Forwarded'], '3'],
    [['\\Answered', '$Forwarded'], '3'],
    [[], undefined],
  ])('MS-ASEMAIL_R510: LastVerbExecuted with %j is %s', (flags, expected) => {
    expect(field('plain', 'Email2:LastVerbExecuted', { flags })).toBe(expected);
    expect(field('plain', 'Email2:LastVerbExecuted', { flags, version: '12.1' })).toBeUndefined();
  });

  it('MS-ASEMAIL_R1278, MS-ASEMAIL_R1279: a draft is one by its flag, and shows its blind copies', () => {
    const draft = rendered(corpus('draft'), { flags: ['\\Draft'] });
    expect(text(draft, 'Email2:IsDraft')).toBe('1');
    expect(text(draft, 'Email2:Bcc')).toBe('hidden@example.org');
    const sent = rendered(corpus('draft'), { flags: ['\\Seen'] });
    expect(text(sent, 'Email2:IsDraft')).toBe('0');
    expect(child(sent, 'Email2:Bcc')).toBeUndefined();
  });

  it('MS-ASEMAIL_R649: ReceivedAsBcc is left out unless it is so', () => {
    expect(field('blind-copy', 'Email2:ReceivedAsBcc')).toBe('1');
    expect(field('plain', 'Email2:ReceivedAsBcc')).toBeUndefined();
    expect(field('blind-copy', 'Email2:ReceivedAsBcc', { flags: ['\\Draft'] })).toBeUndefined();
  });

  it.each([
    ['X-Priority: 1 (Highest)', '2'],
    ['X-Priority: 2', '2'],
    ['X-Priority: 3', '1'],
    ['X-Priority: 5', '0'],
    ['Importance: High', '2'],
    ['Importance: low\nX-Priority: 1', '0'],
    ['Priority: urgent', '2'],
    ['Priority: non-urgent', '0'],
    ['X-MSMail-Priority: High', '2'],
    ['Subject: none', '1'],
  ])('importance of %j is %s', (header, expected) => {
    expect(of(`${header}\n\n`, 'Email:Importance')).toBe(expected);
  });
});

describe('subjects', () => {
  it.each([
    ['Re: Fwd: AW: x', 'x'],
    ['RE[2]: x', 'x'],
    ['Antw: SV: x: y', 'x: y'],
    ['回复: x', 'x'],
    ['Regarding: x', 'Regarding: x'],
    ['[list] Re: [list] Proposal', '[list] Proposal'],
  ])('of %j the thread is about %j', (subject, topic) => {
    expect(of(`Subject: ${subject}\n\n`, 'Email:ThreadTopic')).toBe(topic);
    expect(of(`Subject: ${subject}\n\n`, 'Email:Subject')).toBe(subject);
  });

  it('encoded words are put together, and control characters fall out', () => {
    expect(field('headers', 'Email:Subject')).toBe('RE: Fwd: a long subject AW: x');
    expect(of('Subject: =?utf-8?B?YQAIYg==?=\n\n', 'Email:Subject')).toBe('ab');
    expect(of('Subject: =?x-none?Q?a=20b?= =?broken\n\n', 'Email:Subject')).toContain('a b');
  });
});

describe('conversations', () => {
  const conversation = (lines: string) => {
    const data = rendered(mail(lines));
    const bytes = (tag: TagName) => Buffer.from(child(data, tag)?.content as Uint8Array).toString('hex');
    return { id: bytes('Email2:ConversationId'), index: bytes('Email2:ConversationIndex') };
  };

  it('a conversation is named by its first message, whoever answers', () => {
    const first = conversation('Message-ID: <a@x>\nDate: Tue, 03 Mar 2026 10:15:00 +0100\n\n');
    const second = conversation('Message-ID: <b@x>\nIn-Reply-To: <a@x>\n\n');
    const third = conversation('Message-ID: <c@x>\nReferences: <a@x> <b@x>\n\n');
    expect(first.id).toHaveLength(32);
    expect([second.id, third.id]).toEqual([first.id, first.id]);
    expect(conversation('Message-ID: <d@x>\n\n').id).not.toBe(first.id);
  });

  it('without any ids, by its subject', () => {
    expect(conversation('Subject: Re: plan\n\n').id).toBe(conversation('Subject: Plan\n\n').id);
  });

  it('MS-ASEMAIL_R351: ConversationIndex begins with the moment when it was sent, as the upper five bytes of a FILETIME', () => {
    // 2026-03-03T09:15:00Z is 0x01DCAAEE360D2200.
    expect(conversation('Date: Tue, 03 Mar 2026 10:15:00 +0100\n\n').index).toBe('01dcaaee36');
    expect(conversation('Subject: no date\n\n').index).toMatch(/^01dcaaee/);
  });

  it('MS-ASEMAIL_R352, MS-ASEMAIL_R1054, MS-ASEMAIL_R1003: further five bytes for each answer, from Thread-Index', () => {
    const head = '0101dcaaee36000102030405060708090a0b0c0d0e0f';
    const index = (hex: string) => conversation(`Thread-Index: ${Buffer.from(hex, 'hex').toString('base64')}\n\n`);
    expect(index(head)).toEqual({ id: '000102030405060708090a0b0c0d0e0f', index: '01dcaaee36' });
    expect(index(`${head}1122334455aabbccddee`).index).toBe('01dcaaee361122334455aabbccddee');
    expect(index(`${head}1122`).index).toBe('01dcaaee36');
  });
});

describe('message classes', () => {
  it.each([
    ['plain', 'IPM.Note'],
    ['attachments', 'IPM.Note'],
    ['smime-signed', 'IPM.Note.SMIME.MultipartSigned'],
    ['smime-encrypted', 'IPM.Note.SMIME'],
    ['invitation', 'IPM.Schedule.Meeting.Request'],
    ['cancellation', 'IPM.Schedule.Meeting.Canceled'],
    ['reply-accepted', 'IPM.Schedule.Meeting.Resp.Pos'],
    ['reply-declined', 'IPM.Schedule.Meeting.Resp.Neg'],
    ['reply-tentative', 'IPM.Schedule.Meeting.Resp.Tent'],
  ])('MS-ASEMAIL_R588: %s is %s', (name, expected) => {
    for (const version of VERSIONS) expect(field(name, 'Email:MessageClass', { version })).toBe(expected);
  });

  it.each([
    ['report-failed', 'REPORT.IPM.NOTE.NDR'],
    ['report-delivered', 'REPORT.IPM.NOTE.DR'],
    ['report-delayed', 'REPORT.IPM.NOTE.DELAYED'],
    ['report-read', 'REPORT.IPM.NOTE.IPNRN'],
  ])('MS-ASEMAIL_R601, MS-ASEMAIL_R602, MS-ASEMAIL_R603: %s is %s', (name, expected) => {
    expect(field(name, 'Email:MessageClass')).toBe(expected);
  });
});

describe('attachments', () => {
  const listOf = (name: string): readonly Element[] =>
    children(child(rendered(corpus(name)), 'AirSyncBase:Attachments'));
  const shown = (name: string, tag: TagName) => listOf(name).map((it) => text(it, tag));

  it('names are decoded, made up where there is none, and never a path', () => {
    expect(shown('attachments', 'AirSyncBase:DisplayName')).toEqual(['März-Bericht.pdf', 'image-3.png']);
    const raw = mail('Content-Type: application/pdf; name="../../etc/C:\\\\temp\\\\x.pdf"\n\nx');
    expect(text(children(child(rendered(raw), 'AirSyncBase:Attachments'))[0], 'AirSyncBase:DisplayName')).toBe('x.pdf');
  });

  it('MS-ASAIRS_R225: a file is Method 1', () => {
    expect(shown('attachments', 'AirSyncBase:Method')).toEqual(['1', '1']);
    expect(shown('tnef', 'AirSyncBase:DisplayName')).toEqual(['winmail.dat']);
  });

  it('MS-ASAIRS_R2299: a message is Method 5, and its name ends with .eml', () => {
    expect(shown('nested-message', 'AirSyncBase:Method')).toEqual(['5']);
    expect(shown('nested-message', 'AirSyncBase:DisplayName')).toEqual(['Inner subject.eml']);
    expect(shown('digest', 'AirSyncBase:Method')).toEqual(['5', '5']);
    expect(shown('report-failed', 'AirSyncBase:Method')).toEqual(['1', '5']);
  });

  it('MS-ASAIRS_R10020, MS-ASAIRS_R100299, MS-ASAIRS_R100298: pictures of the HTML are inline, files are not', () => {
    expect(shown('inline-image', 'AirSyncBase:DisplayName')).toEqual(['bridge.png', 'image-1-3.png', 'all photos.zip']);
    expect(shown('inline-image', 'AirSyncBase:IsInline')).toEqual(['1', '1', undefined]);
  });

  it('the root of a related is the one that it names, with or without brackets', () => {
    for (const start of ['<r>', 'r']) {
      const raw = mail(
        `Content-Type: multipart/related; start="${start}"; boundary=b\n\n--b\nContent-Type: image/png\nContent-ID: <i>\n\nx\n--b\nContent-Type: text/html\nContent-ID: <r>\n\n<p>root</p>\n--b--\n`,
      );
      const data = rendered(raw);
      expect(text(child(data, 'AirSyncBase:Body'), 'AirSyncBase:Data')).toBe('root');
      expect(children(child(data, 'AirSyncBase:Attachments'))).toHaveLength(1);
    }
  });

  it('without HTML nothing is inline, since devices would hide it', () => {
    const raw = mail(
      'Content-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: image/png\nContent-ID: <i>\n\nx\n--b--\n',
    );
    const [it] = children(child(rendered(raw), 'AirSyncBase:Attachments'));
    expect([text(it, 'AirSyncBase:ContentId'), text(it, 'AirSyncBase:IsInline')]).toEqual(['i', undefined]);
  });

  it('MS-ASAIRS_R160, MS-ASAIRS_R1343: ContentId is what the body refers to', () => {
    expect(shown('inline-image', 'AirSyncBase:ContentId')).toEqual(['bridge@example.org', undefined, 'f_abc123']);
    expect(shown('inline-image', 'AirSyncBase:ContentLocation')).toEqual([undefined, 'second.png', undefined]);
    expect(
      text(
        child(
          rendered(corpus('inline-image'), {
            options: { bodies: [{ type: 2, truncationSize: undefined, allOrNone: false, preview: undefined }] },
          }),
          'AirSyncBase:Body',
        ),
        'AirSyncBase:Data',
      ),
    ).toContain('cid:bridge@example.org');
  });

  it('the sizes are of the contents, and the references lead to them', () => {
    for (const name of ['attachments', 'inline-image', 'nested-message', 'smime-signed', 'draft']) {
      const raw = corpus(name);
      const { structure, ...parsed } = parseMessage(raw);
      for (const it of listOf(name)) {
        const reference = parseFileReference(text(it, 'AirSyncBase:FileReference') ?? '');
        expect(reference?.serverId).toBe('5:7');
        const part = findPart(structure, reference?.path ?? '');
        const range = part && parsed.slice(part.path);
        if (!part || !range) throw new Error(`${name}: ${reference?.path} is not there`);
        const content = renderAttachment(part, { bytes: raw.subarray(range.start, range.end), complete: true });
        expect(content.name).toBe(text(it, 'AirSyncBase:DisplayName'));
        expect(Math.abs(content.bytes.length - Number(text(it, 'AirSyncBase:EstimatedDataSize')))).toBeLessThanOrEqual(
          3,
        );
      }
    }
  });

  it('contents are decoded, and say what they are', () => {
    const raw = corpus('draft');
    const { structure, ...parsed } = parseMessage(raw);
    const content = (path: string) => {
      const part = findPart(structure, path);
      const range = parsed.slice(path);
      if (!part || !range) throw new Error(`${path} is not there`);
      return renderAttachment(part, { bytes: raw.subarray(range.start, range.end), complete: true });
    };
    expect(content('2')).toMatchObject({ contentType: 'text/csv', name: 'a.csv', bytes: Buffer.from('1,2,3') });
    expect(content('3')).toMatchObject({ contentType: 'application/pdf', name: 'b.pdf', bytes: Buffer.from('%PDF b') });
  });

  it('a reference that the server did not give leads nowhere', () => {
    for (const text of ['', '5:7', '~', 'NTo3~', 'NTo3~1.x', 'NTo3~1..2', '5:7~1', `NTo3~${'1.'.repeat(200)}1`]) {
      expect(parseFileReference(text)).toBeUndefined();
    }
    expect(parseFileReference(fileReference({ serverId: 'a:1/ü', path: '1.2.3' }))).toEqual({
      serverId: 'a:1/ü',
      path: '1.2.3',
    });
    expect(parseFileReference('NTo3%7E2')).toEqual({ serverId: '5:7', path: '2' });
  });
});

it('the order of the fields is the same for all', () => {
  const order = [
    'To',
    'Cc',
    'From',
    'Subject',
    'ReplyTo',
    'DateReceived',
    'DisplayTo',
    'ThreadTopic',
    'Importance',
    'Read',
    'Attachments',
    'Body',
    'MessageClass',
    'MeetingRequest',
    'InternetCPID',
    'Flag',
    'ContentClass',
    'NativeBodyType',
    'ConversationId',
    'ConversationIndex',
    'LastVerbExecuted',
    'ReceivedAsBcc',
    'Sender',
    'Categories',
    'IsDraft',
    'Bcc',
  ];
  for (const name of CORPUS_NAMES) {
    const names = namesOf(rendered(corpus(name), { flags: ['\\Answered', '\\Draft'] }));
    expect(names).toEqual(order.filter((it) => names.includes(it)));
  }
});
