/** The seeded messages: what a small firm's two mailboxes look like, and every shape of mail that devices stumble over. */
import { composeSeed, type SeedPart } from './compose.ts';
import { makeNoise, makePdf, makePng } from './files.ts';
import { PEOPLE, type Person } from './people.ts';
import { renderInvitation } from './invitation.ts';

export interface SeedCopy {
  readonly user: 'ada' | 'bob';
  /** A folder's id. */
  readonly folder: string;
  readonly flags: readonly string[];
}

export interface SeedMessage {
  readonly receivedAt: Date;
  readonly raw: Buffer;
  readonly copies: readonly SeedCopy[];
}

/** One message as it is written down here. */
interface Letter {
  readonly hoursAgo: number;
  readonly from: Person;
  readonly to: readonly Person[];
  readonly subject: string;
  readonly root: SeedPart;
  /** Its number in a thread, and the thread. */
  readonly thread?: readonly [name: string, index: number];
  readonly fields?: Readonly<Record<string, string>>;
  readonly copies: readonly SeedCopy[];
}

const HOUR_MS = 3_600_000;
const seen = ['\\Seen'];

const text = (content: string): SeedPart => ({ type: 'text/plain; charset=us-ascii', content });
const utf8 = (content: string): SeedPart => ({
  type: 'text/plain; charset=utf-8; format=flowed',
  encoding: 'quoted-printable',
  content,
});
const html = (content: string): SeedPart => ({
  type: 'text/html; charset=utf-8',
  encoding: 'quoted-printable',
  content: `<html><head><meta charset="utf-8"></head><body>${content}</body></html>\n`,
});
const both = (plain: string, rich: string): SeedPart => ({
  type: 'multipart/alternative',
  parts: [utf8(plain), html(rich)],
});
const mixed = (...parts: SeedPart[]): SeedPart => ({ type: 'multipart/mixed', parts });
const attached = (type: string, name: string, content: Uint8Array): SeedPart => ({
  type: `${type}; name="${name}"`,
  encoding: 'base64',
  fields: { 'Content-Disposition': `attachment; filename="${name}"` },
  content,
});
const to = (user: 'ada' | 'bob', folder = 'INBOX', flags: readonly string[] = seen): SeedCopy => ({
  user,
  folder,
  flags,
});
const paragraph = (words: string) => `<p>${words}</p>`;

/** All of them, oldest first, with dates before `now`. */
export function seedMessages(now: Date): readonly SeedMessage[] {
  return [...letters(now), ...routine()]
    .sort((a, b) => b.hoursAgo - a.hoursAgo)
    .map((letter, i) => ({
      receivedAt: new Date(now.getTime() - letter.hoursAgo * HOUR_MS),
      raw: rendered(letter, i, now),
      copies: letter.copies,
    }));
}

function rendered(letter: Letter, index: number, now: Date): Buffer {
  const { hoursAgo, from, to: recipients, subject, root, thread, fields = {} } = letter;
  const date = new Date(now.getTime() - hoursAgo * HOUR_MS).toUTCString().replace('GMT', '+0000');
  const idOf = (name: string) => `<seed.${name}@example.org>`;
  const references = thread ? Array.from({ length: thread[1] }, (_, i) => idOf(`${thread[0]}.${i}`)) : [];
  const parent = references.at(-1);
  return composeSeed(
    {
      From: PEOPLE[from],
      To: recipients.map((person) => PEOPLE[person]).join(',\r\n\t'),
      Subject: subject,
      Date: date,
      'Message-ID': thread ? idOf(`${thread[0]}.${thread[1]}`) : idOf(String(index)),
      ...(parent ? { 'In-Reply-To': parent, References: references.join('\r\n\t') } : {}),
      ...fields,
    },
    root,
  );
}

function letters(now: Date): readonly Letter[] {
  return [
    {
      hoursAgo: 0.2,
      from: 'bob',
      to: ['ada'],
      subject: 'Lunch?',
      root: text('Noodles at one? I will be at the corner.\n\nBob\n'),
      copies: [to('ada', 'INBOX', []), to('bob', 'Sent')],
    },
    {
      hoursAgo: 0.9,
      from: 'carol',
      to: ['ada', 'bob'],
      subject: 'Contract, second draft',
      root: mixed(
        both(
          'Hello both,\n\nhere is the second draft. Paragraphs 4 and 7 changed.\n\nCarol\n',
          `${paragraph('Hello both,')}${paragraph('here is the second draft. Paragraphs <b>4</b> and <b>7</b> changed.')}${paragraph('Carol')}`,
        ),
        attached(
          'application/pdf',
          'contract-draft-2.pdf',
          makePdf(['Contract (draft 2)', '4. Delivery by the end of March', '7. Payment within 30 days']),
        ),
      ),
      thread: ['contract', 2],
      fields: { 'X-Priority': '1', Importance: 'high' },
      copies: [to('ada', 'INBOX', []), to('bob', 'INBOX', ['\\Flagged'])],
    },
    {
      hoursAgo: 26,
      from: 'ada',
      to: ['carol'],
      subject: 'Re: Contract',
      root: utf8(
        'Thank you, Carol. Could payment be within 30 days rather than 60?\n\n> The first draft is attached.\n',
      ),
      thread: ['contract', 1],
      fields: { Cc: PEOPLE.bob },
      copies: [to('ada', 'Sent'), to('bob', 'INBOX')],
    },
    {
      hoursAgo: 50,
      from: 'carol',
      to: ['ada'],
      subject: 'Contract',
      root: mixed(
        text('The first draft is attached.\n\nCarol\n'),
        attached('application/pdf', 'contract-draft-1.pdf', makePdf(['Contract (draft 1)'])),
      ),
      thread: ['contract', 0],
      copies: [to('ada', 'INBOX', ['\\Seen', '\\Answered'])],
    },
    {
      hoursAgo: 3,
      from: 'dave',
      to: ['bob', 'ada'],
      subject: 'Invitation: delivery planning',
      root: {
        type: 'multipart/alternative',
        parts: [
          text('Delivery planning, tomorrow. Please answer.\n'),
          html(paragraph('Delivery planning, tomorrow. Please answer.')),
          { type: 'text/calendar; charset=utf-8; method=REQUEST', encoding: 'base64', content: renderInvitation(now) },
        ],
      },
      copies: [to('ada', 'INBOX', []), to('bob', 'INBOX', [])],
    },
    {
      hoursAgo: 5,
      from: 'gazette',
      to: ['ada'],
      subject: 'Morning briefing: harbour bridge reopens',
      root: {
        type: 'multipart/related; type="multipart/alternative"',
        parts: [
          both(
            'The harbour bridge reopens today.\n\nRead more: https://gazette.example/bridge\n',
            `<img src="cid:masthead@gazette.example" width="48" height="48" alt="Gazette"><h1>Harbour bridge reopens</h1>${paragraph('After two years of works, trams cross again from <b>noon</b>. <a href="https://gazette.example/bridge">Read more</a>')}`,
          ),
          {
            type: 'image/png; name="masthead.png"',
            encoding: 'base64',
            fields: {
              'Content-ID': '<masthead@gazette.example>',
              'Content-Disposition': 'inline; filename="masthead.png"',
            },
            content: makePng(48, [30, 90, 160]),
          },
        ],
      },
      fields: { 'List-Unsubscribe': '<https://gazette.example/unsubscribe>', 'List-Id': '<briefing.gazette.example>' },
      copies: [to('ada', 'INBOX', [])],
    },
    {
      hoursAgo: 7,
      from: 'tanaka',
      to: ['ada'],
      subject: '=?iso-2022-jp?B?GyRCTWg9NSROQkckQTlnJG8kOxsoQg==?=',
      root: {
        type: 'text/plain; charset=iso-2022-jp',
        content: Buffer.from(
          'GyRCRURDZiRHJDkhIxsoQg0KGyRCTWg9NSROQkckQTlnJG8kOyROO3FOQSRyJCpBdyRqJDckXiQ5ISMbKEINChskQiRoJG0kNyQvJCo0aiQkJCQkPyQ3JF4kOSEjGyhCDQo=',
          'base64',
        ),
      },
      copies: [to('ada')],
    },
    {
      hoursAgo: 30,
      from: 'olga',
      to: ['ada', 'bob'],
      subject: '=?koi8-r?B?5M/Hz9fP0g==?=',
      root: {
        type: 'text/plain; charset=koi8-r',
        encoding: '8bit',
        content: Buffer.from(
          '+sTSwdfT1NfVytTFLCDhxMEhDQrkz8fP18/SIMfP1M/XLCDQz8TQydvFzSDXINPSxcTVLg0K78zYx8ENCg==',
          'base64',
        ),
      },
      copies: [to('ada'), to('bob')],
    },
    {
      hoursAgo: 32,
      from: 'erika',
      to: ['bob'],
      subject: 'Grüße aus Köln: Fotos vom Sommerfest',
      root: mixed(
        {
          type: 'text/plain; charset=iso-8859-1',
          encoding: 'quoted-printable',
          content: Buffer.from('Lieber Bob,\r\n\r\nanbei die Fotos. Schöne Grüße!\r\n\r\nErika\r\n', 'latin1'),
        },
        attached('image/png', 'summer-1.png', makePng(64, [220, 180, 40])),
        {
          type: "image/png;\r\n\tname*=utf-8''sch%C3%B6nes%20Bild.png",
          encoding: 'base64',
          fields: { 'Content-Disposition': "attachment;\r\n\tfilename*=utf-8''sch%C3%B6nes%20Bild.png" },
          content: makePng(96, [40, 160, 90]),
        },
      ),
      copies: [to('bob', 'INBOX', ['\\Seen', '\\Flagged'])],
    },
    {
      hoursAgo: 54,
      from: 'bob',
      to: ['ada'],
      subject: 'Fwd: Overdue invoice 2207',
      root: mixed(text('Have you seen this one? It is not ours, is it?\n\nBob\n'), {
        type: 'message/rfc822',
        fields: { 'Content-Disposition': 'attachment; filename="Overdue invoice 2207.eml"' },
        content: composeSeed(
          {
            From: PEOPLE.dave,
            To: PEOPLE.bob,
            Subject: 'Overdue invoice 2207',
            Date: new Date(now.getTime() - 60 * HOUR_MS).toUTCString().replace('GMT', '+0000'),
            'Message-ID': '<invoice-2207@supplier.example>',
          },
          mixed(
            text('Dear Bob,\n\ninvoice 2207 was due last week.\n\nDave\n'),
            attached('application/pdf', 'invoice-2207.pdf', makePdf(['Invoice 2207', 'Total: 1,184.50'])),
          ),
        ),
      }),
      copies: [to('ada', 'INBOX', ['\\Seen', '\\Answered', '$Forwarded']), to('bob', 'Sent')],
    },
    {
      hoursAgo: 58,
      from: 'carol',
      to: ['bob'],
      subject: 'Signed: new bank details',
      root: {
        type: 'multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256',
        parts: [
          text('Our bank details change in January. This message is signed; call me if in doubt.\n\nCarol\n'),
          attached('application/pkcs7-signature', 'smime.p7s', makeNoise('signature', 1_800)),
        ],
      },
      copies: [to('bob')],
    },
    {
      hoursAgo: 75,
      from: 'carol',
      to: ['ada'],
      subject: 'Encrypted: salary table',
      root: {
        type: 'application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        encoding: 'base64',
        fields: { 'Content-Disposition': 'attachment; filename="smime.p7m"' },
        content: makeNoise('envelope', 2_600),
      },
      copies: [to('ada')],
    },
    {
      hoursAgo: 80,
      from: 'rail',
      to: ['bob'],
      subject: 'Your tickets: Monday 08:14',
      root: mixed(
        html(
          `<h2>Your journey</h2><table><tr><td>08:14</td><td>Harbour</td></tr><tr><td>10:02</td><td>Old Town</td></tr></table>${paragraph('Seat 42, coach 7. &euro;&nbsp;38.90')}`,
        ),
        attached('application/pdf', 'ticket.pdf', makePdf(['08:14 Harbour - 10:02 Old Town', 'Seat 42, coach 7'])),
      ),
      copies: [to('bob', 'Travel')],
    },
    {
      hoursAgo: 100,
      from: 'ada',
      to: ['bob'],
      subject: 'Numbers for the board',
      root: mixed(
        utf8('The table is attached; column C is what they asked for.\n\nAda\n'),
        attached(
          'text/csv',
          'numbers.csv',
          Buffer.from('month,orders,revenue\r\n2026-08,212,18412\r\n2026-09,240,20190\r\n'),
        ),
      ),
      copies: [to('ada', 'Sent'), to('bob', 'Work.Projects', ['\\Seen', 'Finance'])],
    },
    {
      hoursAgo: 1,
      from: 'ada',
      to: ['carol'],
      subject: 'Re: Contract, second draft',
      root: utf8('Dear Carol,\n\nthat looks good. One question about paragraph 7: '),
      thread: ['contract', 3],
      copies: [to('ada', 'Drafts', ['\\Seen', '\\Draft'])],
    },
    {
      hoursAgo: 20,
      from: 'bob',
      to: ['erika'],
      subject: 'Danke!',
      root: utf8('Liebe Erika,\n\nschöne Bilder! '),
      copies: [to('bob', 'Drafts', ['\\Seen', '\\Draft'])],
    },
    {
      hoursAgo: 12,
      from: 'prize',
      to: ['ada', 'bob'],
      subject: 'YOU WON!!! Claim your prize NOW',
      root: html(
        '<font size="7" color="red">CLICK!</font><script>alert(1)</script><img src="http://lottery.example/pixel.gif" width="1" height="1">',
      ),
      copies: [to('ada', 'Junk', []), to('bob', 'Junk', [])],
    },
    {
      hoursAgo: 15,
      from: 'cloud',
      to: ['ada'],
      subject: 'A long report, as some programs write them',
      root: text(
        Array.from(
          { length: 900 },
          (_, i) => `${String(i + 1).padStart(4)}  volume-${i % 7}  ${i * 37} GB-hours\n`,
        ).join(''),
      ),
      copies: [to('ada', 'Work.Projects')],
    },
    {
      hoursAgo: 200,
      from: 'bob',
      to: ['ada'],
      subject: 'Old plan',
      root: text('Forget this one.\n'),
      copies: [to('ada', 'Trash'), to('bob', 'Sent')],
    },
    {
      hoursAgo: 2_300,
      from: 'ada',
      to: ['bob'],
      subject: 'Welcome to the team 🎉',
      root: both(
        'Welcome, Bob! 🎉\n\nYour desk is by the window.\n',
        paragraph('Welcome, <i>Bob</i>! 🎉') + paragraph('Your desk is by the window.'),
      ),
      copies: [to('ada', 'Sent'), to('bob', 'Archive', ['\\Seen', '\\Flagged'])],
    },
  ];
}

/** What comes every day or week, as it does. */
function routine(): readonly Letter[] {
  const builds = Array.from({ length: 14 }, (_, i): Letter => {
    const isFailed = i % 5 === 3;
    return {
      hoursAgo: 4 + i * 17,
      from: 'builds',
      to: ['bob'],
      subject: `${isFailed ? 'FAILED' : 'passed'}: shop #${480 - i}`,
      root: text(
        `Build 480-${i} of shop ${isFailed ? 'failed in the step "test"' : 'passed'}.\n\nhttps://ci.example/shop/${480 - i}\n`,
      ),
      fields: { 'Auto-Submitted': 'auto-generated' },
      copies: [to('bob', 'INBOX', isFailed ? ['\\Seen', '\\Flagged'] : i < 3 ? [] : seen)],
    };
  });
  const headlines = ['market opens late', 'ferry timetable', 'rain until Friday', 'chess final tonight', 'new library'];
  const briefings = headlines.map(
    (headline, i): Letter => ({
      hoursAgo: 29 + i * 24,
      from: 'gazette',
      to: ['ada'],
      subject: `Morning briefing: ${headline}`,
      root: both(`Today: ${headline}.\n`, `<h1>${headline}</h1>${paragraph('More on page two.')}`),
      fields: { 'List-Id': '<briefing.gazette.example>' },
      copies: [to('ada', 'INBOX', i < 2 ? [] : seen)],
    }),
  );
  const notes = [
    'Keys are at the reception',
    'Printer works again',
    'Minutes of Monday',
    'Parking on Thursday',
    'Who waters the plants?',
  ];
  const chat = notes.flatMap((subject, i): Letter[] => [
    {
      hoursAgo: 41 + i * 60,
      from: i % 2 === 0 ? 'bob' : 'ada',
      to: [i % 2 === 0 ? 'ada' : 'bob'],
      subject,
      root: text(`${subject}.\n\nBest\n`),
      thread: [`note${i}`, 0],
      copies: [
        to(i % 2 === 0 ? 'ada' : 'bob', 'INBOX', ['\\Seen', '\\Answered']),
        to(i % 2 === 0 ? 'bob' : 'ada', 'Sent'),
      ],
    },
    {
      hoursAgo: 39 + i * 60,
      from: i % 2 === 0 ? 'ada' : 'bob',
      to: [i % 2 === 0 ? 'bob' : 'ada'],
      subject: `Re: ${subject}`,
      root: text(`Thanks!\n\n> ${subject}.\n`),
      thread: [`note${i}`, 1],
      copies: [to(i % 2 === 0 ? 'bob' : 'ada'), to(i % 2 === 0 ? 'ada' : 'bob', 'Sent')],
    },
  ]);
  const bills = Array.from(
    { length: 4 },
    (_, i): Letter => ({
      hoursAgo: 120 + i * 720,
      from: 'cloud',
      to: ['ada'],
      subject: `Invoice for month ${i + 1}`,
      root: mixed(
        text('Your invoice is attached. No action is needed.\n'),
        attached('application/pdf', `invoice-${i + 1}.pdf`, makePdf([`Invoice ${i + 1}`, `Total: ${41 + i * 3}.20`])),
      ),
      copies: [to('ada', i < 2 ? 'INBOX' : 'Archive', ['\\Seen', 'Finance'])],
    }),
  );
  return [...builds, ...briefings, ...chat, ...bills];
}
