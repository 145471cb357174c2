/** What is in the seeded calendars, address books, lists of tasks and notes: dated around now, in the forms that programs write. */

export interface SeedResource {
  readonly user: 'ada' | 'bob';
  /** A collection's id. */
  readonly collection: string;
  readonly name: string;
  readonly text: string;
}

const DAY_MS = 86_400_000;
const BOTH = ['ada', 'bob'] as const;

/** Berlin, as calendar programs describe it. */
const BERLIN = [
  'BEGIN:VTIMEZONE',
  'TZID:Europe/Berlin',
  'BEGIN:DAYLIGHT',
  'TZOFFSETFROM:+0100',
  'TZOFFSETTO:+0200',
  'TZNAME:CEST',
  'DTSTART:19700329T020000',
  'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
  'END:DAYLIGHT',
  'BEGIN:STANDARD',
  'TZOFFSETFROM:+0200',
  'TZOFFSETTO:+0100',
  'TZNAME:CET',
  'DTSTART:19701025T030000',
  'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU',
  'END:STANDARD',
  'END:VTIMEZONE',
];

export function seedResources(now: Date): readonly SeedResource[] {
  return [...events(now), ...contacts(), ...tasks(now), ...notes(now)];
}

function events(now: Date): SeedResource[] {
  const monday = now.getTime() - ((now.getUTCDay() + 6) % 7) * DAY_MS;
  const on = (days: number, time: string) => `${day(monday + days * DAY_MS)}T${time}00`;
  const zoned = (name: string, days: number, time: string) => `${name};TZID=Europe/Berlin:${on(days, time)}`;
  const meeting = [
    zoned('DTSTART', 9, '1400'),
    zoned('DTEND', 9, '1500'),
    'SUMMARY:Plans for the engine',
    'LOCATION:Room 3',
    'DESCRIPTION:What we build first\\, and what can wait.',
    'ORGANIZER;CN=Ada Nowak:mailto:ada@example.org',
    'ATTENDEE;CN=Ada Nowak;PARTSTAT=ACCEPTED:mailto:ada@example.org',
    'ATTENDEE;CN=Bob Meyer;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:bob@example.org',
    'ATTENDEE;CN=Carol Diaz;ROLE=OPT-PARTICIPANT;PARTSTAT=TENTATIVE:mailto:carol@partner.example',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:Plans for the engine',
    'TRIGGER:-PT15M',
    'END:VALARM',
  ];
  const standup = [
    zoned('DTSTART', -28, '0915'),
    zoned('DTEND', -28, '0930'),
    'RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR',
    zoned('EXDATE', 2, '0915'),
    'SUMMARY:Stand-up',
    'CATEGORIES:Team',
  ];
  const moved = [
    zoned('RECURRENCE-ID', 4, '0915'),
    zoned('DTSTART', 4, '1000'),
    zoned('DTEND', 4, '1030'),
    'SUMMARY:Stand-up\\, with cake 🍰',
    'LOCATION:Kitchen',
  ];
  const holiday = [
    `DTSTART;VALUE=DATE:${day(monday + 21 * DAY_MS)}`,
    `DTEND;VALUE=DATE:${day(monday + 26 * DAY_MS)}`,
    'SUMMARY:Holiday by the sea',
    'TRANSP:TRANSPARENT',
  ];
  const birthday = ['DTSTART;VALUE=DATE:18151210', 'RRULE:FREQ=YEARLY', 'SUMMARY:Ada Lovelace’s birthday'];
  const dentist = [zoned('DTSTART', 3, '0800'), zoned('DTEND', 3, '0845'), 'SUMMARY:Dentist', 'CLASS:PRIVATE'];
  const both = [
    ['engine', [meeting]],
    ['stand-up', [standup, moved]],
    ['birthday', [birthday]],
  ] as const;
  return [
    ...BOTH.flatMap((user) => both.map(([name, parts]) => event(user, name, parts, now))),
    event('ada', 'holiday', [holiday], now),
    event('bob', 'dentist', [dentist], now),
  ];
}

function event(
  user: SeedResource['user'],
  name: string,
  parts: readonly (readonly string[])[],
  now: Date,
): SeedResource {
  const bodies = parts.flatMap((lines) => component('VEVENT', name, lines, now));
  const zone = bodies.some((line) => line.includes('TZID=')) ? BERLIN : [];
  return { user, collection: 'calendars/Calendar', name: `${name}.ics`, text: calendar([...zone, ...bodies]) };
}

function contacts(): SeedResource[] {
  const cards: Readonly<Record<string, readonly string[]>> = {
    carol: [
      'FN:Carol Diaz',
      'N:Diaz;Carol;;;',
      'ORG:Partner;Purchasing',
      'TITLE:Head of purchasing',
      'EMAIL;TYPE=INTERNET,WORK:carol@partner.example',
      'TEL;TYPE=WORK,VOICE:+1 555 0101',
      'TEL;TYPE=CELL:+1 555 0102',
      'ADR;TYPE=WORK:;;12 Harbour Road;Springfield;;12345;USA',
      'BDAY:1984-07-09',
    ],
    erika: [
      'FN:Erika Müller',
      'N:Müller;Erika;;Dr.;',
      'EMAIL;TYPE=INTERNET:erika.mueller@beispiel.example',
      'TEL;TYPE=CELL:+49 555 0103',
      'CATEGORIES:Family,Friends',
      'NOTE:Likes cake.',
    ],
    tanaka: [
      'FN:田中 陽子',
      'N:田中;陽子;;;',
      'X-PHONETIC-FIRST-NAME:ようこ',
      'X-PHONETIC-LAST-NAME:たなか',
      'EMAIL;TYPE=INTERNET:tanaka@nihon.example',
    ],
  };
  return BOTH.flatMap((user) =>
    Object.entries(cards).map(([name, lines]) => ({
      user,
      collection: 'contacts/Contacts',
      name: `${name}.vcf`,
      text: folded(['BEGIN:VCARD', 'VERSION:3.0', `UID:${name}`, ...lines, 'END:VCARD']),
    })),
  );
}

function tasks(now: Date): SeedResource[] {
  const due = (days: number) => `DUE;VALUE=DATE:${day(now.getTime() + days * DAY_MS)}`;
  const all = {
    report: ['SUMMARY:Write the report', due(2), 'PRIORITY:1', 'STATUS:IN-PROCESS'],
    plants: [
      'SUMMARY:Water the plants',
      due(1),
      'STATUS:NEEDS-ACTION',
      `DTSTART;VALUE=DATE:${day(now.getTime())}`,
      'RRULE:FREQ=WEEKLY',
    ],
    tickets: ['SUMMARY:Buy tickets', due(-3), 'STATUS:COMPLETED', `COMPLETED:${stamp(now.getTime() - 4 * DAY_MS)}`],
  };
  return BOTH.flatMap((user) =>
    Object.entries(all).map(([name, lines]) => ({
      user,
      collection: 'tasks/Tasks',
      name: `${name}.ics`,
      text: calendar(component('VTODO', name, lines, now)),
    })),
  );
}

function notes(now: Date): SeedResource[] {
  const lines = ['SUMMARY:Ideas', 'DESCRIPTION:A machine that weaves algebra.\\nAsk Charles.', 'CATEGORIES:Work'];
  const text = calendar(component('VJOURNAL', 'ideas', lines, now));
  return BOTH.map((user) => ({ user, collection: 'notes/Notes', name: 'ideas.ics', text }));
}

const component = (kind: string, uid: string, lines: readonly string[], now: Date): readonly string[] => [
  `BEGIN:${kind}`,
  `UID:${uid}@example.org`,
  `DTSTAMP:${stamp(now.getTime())}`,
  ...lines,
  `END:${kind}`,
];

const calendar = (lines: readonly string[]): string =>
  folded(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Caravan//Seed//EN', ...lines, 'END:VCALENDAR']);

/** RFC 5545 3.1: at most 75 bytes a line; 60 characters of these texts are fewer. */
function folded(lines: readonly string[]): string {
  return lines.map((line) => `${line.replace(/(.{60})(?=.)/gu, '$1\r\n ')}\r\n`).join('');
}

const stamp = (timeMs: number): string => new Date(timeMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
const day = (timeMs: number): string => stamp(timeMs).slice(0, 8);
