import { describe, expect, it } from 'vitest';
import { composeMessage } from '../../../lib/activesync/items/index.ts';
import { readMessage } from '../../../lib/activesync/items/whole-message.ts';
import { text } from '../../../lib/activesync/protocol/index.ts';
import { CORPUS_NAMES, corpus, mail, preference, rendered } from './support.ts';

const now = new Date('2026-03-04T10:00:00Z');
const HEADER =
  'From: Robin <robin@example.net>\nTo: ana@example.org\nSubject: Re: x\nX-Mailer: phone\nMessage-ID: <own@phone>\nMIME-Version: 1.0\n';
const plain = mail(
  `${HEADER}Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\nDanke schön!\n`,
);
const html = mail(`${HEADER}Content-Type: text/html; charset=utf-8\n\n<html><body><p>Thanks!</p></body></html>\n`);
const both = mail(
  `${HEADER}Content-Type: multipart/alternative; boundary=q\n\n--q\nContent-Type: text/plain\n\nThanks!\n--q\nContent-Type: text/html\n\n<p>Thanks!</p>\n--q--\n`,
);
const withFile = mail(
  `${HEADER}Content-Type: multipart/mixed; boundary=q\n\n--q\nContent-Type: text/plain\n\nMine too.\n--q\nContent-Type: text/csv; name=own.csv\nContent-Disposition: attachment; filename=own.csv\n\n1;2\n--q--\n`,
);

const compose = async (kind: 'reply' | 'forward', message: Uint8Array, original: Uint8Array, replaceMime = false) =>
  Buffer.from(await composeMessage({ kind, message, original, replaceMime, now }));
const content = (raw: Uint8Array) => {
  const { text: plainText, html: htmlText, attachments } = readMessage(raw);
  return {
    text: plainText,
    html: htmlText,
    names: attachments.map((it) => `${it.name}${it.isInline ? ' (inline)' : ''}`),
  };
};

describe('an answer', () => {
  it('in plain text quotes the original below', async () => {
    const raw = await compose('reply', plain, corpus('plain'));
    expect(content(raw)).toEqual({
      text: 'Danke schön!\r\n\r\nOn Tue, 03 Mar 2026 10:15:00 +0100, Ana Example wrote:\r\n> Hello Robin,\r\n>\r\n> the minutes are below.\r\n>\r\n>   1. Budget\r\n>   2. Travel\r\n>\r\n> Ana\r\n',
      html: undefined,
      names: [],
    });
  });

  it('in HTML quotes the HTML of the original, styles and all', async () => {
    const shown = content(await compose('reply', html, corpus('alternative')));
    expect(shown.text).toBeUndefined();
    expect(shown.html).toMatch(
      /^<html><body><p>Thanks!<\/p><br>[^]*<blockquote[^>]*>\s*<style>p\{color:#333\}<\/style><p>Grüße aus <b>Köln<\/b>,<\/p>[^]*<\/blockquote>\s*<\/body><\/html>/,
    );
    expect(shown.html?.match(/<body/g)).toHaveLength(1);
  });

  it('in both says the same in both', async () => {
    const shown = content(await compose('reply', both, corpus('plain')));
    expect(shown.text).toContain('> the minutes are below.');
    expect(shown.html).toContain('the minutes are below.<br>');
  });

  it('keeps the pictures that the quoted HTML shows, and no other attachment', async () => {
    expect(content(await compose('reply', html, corpus('inline-image'))).names).toEqual([
      'bridge.png (inline)',
      'image-1-3.png (inline)',
    ]);
    expect(content(await compose('reply', plain, corpus('inline-image'))).names).toEqual([]);
  });

  it('in plain text to HTML quotes its text', async () => {
    expect(content(await compose('reply', plain, corpus('html-only'))).text).toContain('> Größte News');
  });

  it('is not given what it cannot quote', async () => {
    expect(content(await compose('reply', plain, corpus('smime-encrypted')))).toMatchObject({
      text: 'Danke schön!\r\n',
      names: [],
    });
  });
});

describe('a forwarding', () => {
  it('has the original’s text below its header, and its attachments', async () => {
    const shown = content(await compose('forward', plain, corpus('attachments')));
    expect(shown.text).toBe(
      'Danke schön!\r\n\r\n-----Original Message-----\r\nFrom: Ana Example <ana@example.org>\r\nSent: Tue, 03 Mar 2026 10:15:00 +0100\r\nTo: Robin Tester <robin@example.net>\r\nSubject: Report for March\r\n\r\nThe report is attached.\r\n',
    );
    expect(shown.names).toEqual(['März-Bericht.pdf', 'image-3.png']);
  });

  it('of HTML in HTML has its pictures in place', async () => {
    const shown = content(await compose('forward', html, corpus('inline-image')));
    expect(shown.names).toEqual(['bridge.png (inline)', 'image-1-3.png (inline)', 'all photos.zip']);
    expect(shown.html).toContain('<b>Subject:</b> Photo of the bridge<br>');
    expect(shown.html).toContain('src="cid:bridge@example.org"');
  });

  it('of HTML in plain text has its pictures as attachments', async () => {
    expect(content(await compose('forward', plain, corpus('inline-image'))).names).toEqual([
      'bridge.png',
      'image-1-3.png',
      'all photos.zip',
    ]);
  });

  it('keeps what the device attached, in front', async () => {
    expect(content(await compose('forward', withFile, corpus('attachments'))).names).toEqual([
      'own.csv',
      'März-Bericht.pdf',
      'image-3.png',
    ]);
  });

  it('has the same bytes as the original', async () => {
    const own = readMessage(corpus('attachments')).attachments;
    const forwarded = readMessage(await compose('forward', plain, corpus('attachments'))).attachments;
    expect(forwarded.map((it) => Buffer.from(it.bytes).toString('hex'))).toEqual(
      own.map((it) => Buffer.from(it.bytes).toString('hex')),
    );
  });

  it.each(['smime-signed', 'smime-encrypted', 'pgp-encrypted'])('of %s attaches it untouched', async (name) => {
    const [attached, ...others] = readMessage(await compose('forward', plain, corpus(name))).attachments;
    expect(others).toEqual([]);
    expect(attached?.contentType).toBe('message/rfc822');
    expect(Buffer.from(attached?.bytes ?? []).toString()).toBe(Buffer.from(corpus(name)).toString());
  });

  it('of an invitation takes it along', async () => {
    const shown = readMessage(await compose('forward', plain, corpus('invitation')));
    expect(shown.attachments.map((it) => it.contentType)).toEqual(['text/calendar; charset=utf-8; method=REQUEST']);
  });

  it('of a nested message keeps it one', async () => {
    const data = rendered(await compose('forward', plain, corpus('nested-message')));
    expect(JSON.stringify(data)).toContain('Inner subject.eml');
  });
});

describe('the header', () => {
  const fieldsOf = (raw: Buffer) => raw.toString().split('\r\n\r\n')[0] ?? '';

  it('is the device’s own', async () => {
    const fields = fieldsOf(await compose('reply', plain, corpus('plain')));
    for (const line of [
      'From: Robin <robin@example.net>',
      'To: ana@example.org',
      'Subject: Re: x',
      'X-Mailer: phone',
      'Message-ID: <own@phone>',
    ]) {
      expect(fields.split('\r\n')).toContain(line);
    }
    expect(fields.match(/^MIME-Version:/gm)).toHaveLength(1);
    expect(fields.match(/^Content-Type:/gm)).toHaveLength(1);
  });

  it('says what is answered, and in which conversation', async () => {
    const fields = fieldsOf(await compose('reply', plain, corpus('list-footer')));
    expect(fields).toContain('In-Reply-To: <list-1@example.org>');
    expect(fields.replaceAll('\r\n ', ' ')).toContain(
      'References: <proposal-root@example.org> <proposal-0@example.org> <list-1@example.org>',
    );
    expect(fields).toContain('Thread-Topic: [list] Proposal');
    const forwarded = fieldsOf(await compose('forward', plain, corpus('plain')));
    expect(forwarded).toContain('References: <plain-1@example.org>');
    expect(forwarded).not.toContain('In-Reply-To');
  });

  it('leaves alone what the device said of it', async () => {
    const own = mail('In-Reply-To: <mine@x>\nReferences: <mine@x>\nThread-Topic: mine\nThread-Index: AQ==\n\nx\n');
    const fields = fieldsOf(await compose('reply', own, corpus('plain')));
    expect(fields.match(/^(In-Reply-To|References|Thread-Topic|Thread-Index):.*$/gm)).toEqual([
      'In-Reply-To: <mine@x>',
      'References: <mine@x>',
      'Thread-Topic: mine',
      'Thread-Index: AQ==',
    ]);
  });

  it('is of a conversation whatever year its original names', async () => {
    const original = mail('Date: Tue, 03 Mar 200101 09:15:02 +0000\nMessage-ID: <a@x>\nSubject: late\n\nx\n');
    expect(rendered(original).content.length).toBeGreaterThan(0);
    expect(fieldsOf(await compose('reply', mail('Subject: Re: late\n\nx\n'), original))).toContain('Thread-Index: ');
  });

  it('keeps the conversation one, an answer deeper', async () => {
    const conversation = (raw: Uint8Array) => {
      const data = rendered(raw);
      return ['Email2:ConversationId', 'Email2:ConversationIndex'].map(
        (tag) => Buffer.from(text(data, tag as 'Email2:ConversationId') ?? '').length,
      );
    };
    const id = (raw: Uint8Array, tag: 'Email2:ConversationId' | 'Email2:ConversationIndex') => {
      const content = rendered(raw).content;
      const it =
        typeof content === 'string' || content instanceof Uint8Array
          ? undefined
          : content.find((child) => child.tag === tag);
      return Buffer.from(it?.content as Uint8Array);
    };
    for (const name of ['plain', 'invitation', 'headers']) {
      const answer = await compose('reply', plain, corpus(name));
      expect(conversation(answer)).toHaveLength(2);
      expect(id(answer, 'Email2:ConversationId')).toEqual(id(corpus(name), 'Email2:ConversationId'));
      const before = id(corpus(name), 'Email2:ConversationIndex');
      const after = id(answer, 'Email2:ConversationIndex');
      expect(after.subarray(0, before.length)).toEqual(before);
      expect(after).toHaveLength(before.length + 5);
    }
  });
});

it('is the same when it is composed again later, for a device that sends it twice', async () => {
  const dated = mail(`Date: Wed, 04 Mar 2026 09:59:00 +0000\n${HEADER}\nAgain\n`);
  const later = {
    kind: 'reply',
    message: dated,
    original: corpus('plain'),
    replaceMime: false,
    now: new Date('2026-03-05T10:00:00Z'),
  } as const;
  expect(Buffer.from(await composeMessage(later))).toEqual(await compose('reply', dated, corpus('plain')));
});

describe('what is not touched', () => {
  const withoutHeader = (raw: Uint8Array) =>
    Buffer.from(raw).toString('latin1').split('\r\n\r\n').slice(1).join('\r\n\r\n');

  it.each(['smime-signed', 'smime-encrypted', 'pgp-encrypted', 'reply-accepted'])('a device’s own %s', async (name) => {
    const raw = await compose('forward', corpus(name), corpus('attachments'));
    expect(withoutHeader(raw)).toBe(withoutHeader(corpus(name)));
  });

  it('a message that replaces the original', async () => {
    const raw = await compose('forward', withFile, corpus('attachments'), true);
    expect(withoutHeader(raw)).toBe(withoutHeader(withFile));
    expect(raw.toString()).toContain('References: <att-1@example.org>');
  });
});

it('every message of the corpus can be answered and forwarded, and what comes of it can be read', async () => {
  for (const name of CORPUS_NAMES) {
    for (const kind of ['reply', 'forward'] as const) {
      for (const message of [plain, html, both]) {
        const raw = await compose(kind, message, corpus(name));
        const data = rendered(raw, { options: { bodies: [preference(1)] } });
        expect(text(data, 'Email:From')).toBe('"Robin" <robin@example.net>');
        expect(JSON.stringify(data), name).toMatch(/Danke schön!|Thanks!/);
        // RFC 5322 section 2.1.1
        expect(
          Math.max(
            ...raw
              .toString('latin1')
              .split('\r\n')
              .map((line) => line.length),
          ),
          name,
        ).toBeLessThanOrEqual(998);
      }
    }
  }
});
