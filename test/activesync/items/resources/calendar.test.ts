// MS-ASCAL: events that phones make and change, as iCalendar.
import { describe, expect, it } from 'vitest';
import { resourceCodec } from '../../../../lib/activesync/items/index.ts';
import {
  child,
  children,
  element,
  type Element,
  MalformedValue,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../../../lib/activesync/protocol/index.ts';
import { SERIES_WITH_EVERYTHING } from './calendar-samples.ts';
import {
  added,
  at,
  changed,
  contentLines,
  corpusFile,
  difference,
  ics,
  record,
  rendered,
  VERSIONS,
} from './support.ts';

const START = element('Calendar:StartTime', '20260304T080000Z');
const END = element('Calendar:EndTime', '20260304T090000Z');
const TIMES = [START, END];
const PLAIN = ics('VEVENT', 'DTSTART:20260304T080000Z\nDTEND:20260304T090000Z\nSUMMARY:Plain');
const BERLIN = at(
  rendered('Calendar', ics('VEVENT', 'DTSTART;TZID=Europe/Berlin:20260304T080000')),
  'Calendar:Timezone',
) as string;

const attendee = (address: string, ...more: readonly Element[]) =>
  element('Calendar:Attendee', element('Calendar:Email', address), element('Calendar:Name', 'Somebody'), more);
const attendees = (...list: readonly Element[]) => element('Calendar:Attendees', list);
const made = (parts: readonly Element[], version: ProtocolVersion = '14.1') =>
  added('Calendar', [...TIMES, ...parts], { version });
const shown = (source: string, tag: TagName, version: ProtocolVersion = '14.1') =>
  at(rendered('Calendar', source, { version }), tag);
const event = (inner: string) => ics('VEVENT', `DTSTART:20260304T080000Z\nDTEND:20260304T090000Z\n${inner}`);

describe('what an event says', () => {
  it.each([
    ['MS-ASCAL_R43911', 'Calendar:Subject', 'A; b, c \\ d', 'SUMMARY:A\\; b\\, c \\\\ d'],
    ['MS-ASCAL_R29411', 'Calendar:Location', 'Room 1, left', 'LOCATION:Room 1\\, left'],
    ['MS-ASCAL_R39011', 'Calendar:Reminder', '15', 'TRIGGER:-PT15M'],
    ['MS-ASCAL_R39011', 'Calendar:Reminder', '1440', 'TRIGGER:-P1D'],
    ['MS-ASCAL_R46011', 'Calendar:UID', 'made-by-phone', 'UID:made-by-phone'],
    ['MS-ASCAL_R42111, MS-ASCAL_R611', 'Calendar:Sensitivity', '1', 'CLASS:PERSONAL'],
    ['MS-ASCAL_R612', 'Calendar:Sensitivity', '2', 'CLASS:PRIVATE'],
    ['MS-ASCAL_R613', 'Calendar:Sensitivity', '3', 'CLASS:CONFIDENTIAL'],
    ['MS-ASCAL_R13311, MS-ASCAL_R13811', 'Calendar:BusyStatus', '0', 'TRANSP:TRANSPARENT'],
    ['MS-ASCAL_R13812', 'Calendar:BusyStatus', '1', 'X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE'],
    ['MS-ASCAL_R13814', 'Calendar:BusyStatus', '3', 'X-MICROSOFT-CDO-BUSYSTATUS:OOF'],
    ['MS-ASCAL_R21111', 'Calendar:DisallowNewTimeProposal', '1', 'X-MICROSOFT-DISALLOW-COUNTER:TRUE'],
  ] as const)('%s: %s %s is %s', (_requirements, tag, value, line) => {
    const source = made([element(tag, value)]);
    expect(contentLines(source)).toContain(line);
    expect(shown(source, tag)).toBe(value);
  });

  it('MS-ASCAL_R610, MS-ASCAL_R13813: normal and busy is what nobody said', () => {
    expect(shown(made([]), 'Calendar:Sensitivity')).toBe('0');
    expect(shown(made([element('Calendar:Sensitivity', '0')]), 'Calendar:Sensitivity')).toBe('0');
    expect(shown(made([element('Calendar:BusyStatus', '2')]), 'Calendar:BusyStatus')).toBe('2');
  });

  it('MS-ASCAL_R17711, MS-ASCAL_R18311: categories', () => {
    const source = made([
      element('Calendar:Categories', element('Calendar:Category', 'One'), element('Calendar:Category', 'Two, three')),
    ]);
    expect(contentLines(source)).toContain('CATEGORIES:One,Two\\, three');
    expect(children(child(rendered('Calendar', source), 'Calendar:Categories')).map((it) => it.content)).toEqual([
      'One',
      'Two, three',
    ]);
  });

  it('MS-ASCAL_R11026: no more than 300 of them', () => {
    const names = Array.from({ length: 400 }, (_, index) => `C${index}`);
    expect(
      children(child(rendered('Calendar', event(`CATEGORIES:${names.join(',')}`)), 'Calendar:Categories')),
    ).toHaveLength(300);
  });

  it('MS-ASCAL_R21911: DtStamp is when it was changed', () => {
    expect(shown(event('X-A:1'), 'Calendar:DtStamp')).toBe('20260101T000000Z');
    expect(shown(changed('Calendar', PLAIN, [element('Calendar:Subject', 'New')]), 'Calendar:DtStamp')).toBe(
      '20260210T101010Z',
    );
  });

  it('MS-ASCAL_R33411: NativeBodyType says how the text is kept', () => {
    expect(shown(corpusFile('outlook-appointment.ics'), 'AirSyncBase:NativeBodyType')).toBe('2');
    expect(shown(corpusFile('google-event.ics'), 'AirSyncBase:NativeBodyType')).toBe('1');
  });

  it('a body of HTML is kept as text and HTML, and given as the phone wants it', () => {
    const html = '<html><body><p>Hello <b>you</b></p></body></html>';
    const source = made([
      element('AirSyncBase:Body', element('AirSyncBase:Type', 2), element('AirSyncBase:Data', html)),
    ]);
    expect(contentLines(source)).toContain('DESCRIPTION:Hello you');
    const bodies = [{ type: 2, truncationSize: undefined, allOrNone: false, preview: undefined }] as const;
    expect(at(rendered('Calendar', source, { bodies }), 'AirSyncBase:Body', 'AirSyncBase:Data')).toBe(html);
    expect(at(rendered('Calendar', source), 'AirSyncBase:Body', 'AirSyncBase:Data')).toBe('Hello you');
  });

  it('from 16.0 on a place has parts, which stay until somebody writes another', () => {
    const place = element(
      'AirSyncBase:Location',
      element('AirSyncBase:DisplayName', 'Café Ä, left'),
      element('AirSyncBase:Street', 'Main "St" 1; back'),
      element('AirSyncBase:City', 'Berlin'),
      element('AirSyncBase:Latitude', '52.5'),
      element('AirSyncBase:Longitude', '-13.4'),
    );
    const source = made([place], '16.1');
    expect(contentLines(source)).toContain('LOCATION:Café Ä\\, left');
    expect(contentLines(source)).toContain('GEO:52.5;-13.4');
    expect(record(child(rendered('Calendar', source, { version: '16.1' }), 'AirSyncBase:Location'))).toEqual(
      record(place),
    );
    const moved = changed('Calendar', source, [element('Calendar:Location', 'Elsewhere')]);
    expect(record(child(rendered('Calendar', moved, { version: '16.1' }), 'AirSyncBase:Location'))).toEqual({
      DisplayName: 'Elsewhere',
      Latitude: '52.5',
      Longitude: '-13.4',
    });
  });

  it('attachments since 16.0: shown, fetched, added and deleted', () => {
    const source = corpusFile('nextcloud-attachment.ics');
    const [first] = children(child(rendered('Calendar', source, { version: '16.1' }), 'AirSyncBase:Attachments'));
    expect(record(first)).toMatchObject({ DisplayName: 'notes.txt', Method: '1' });
    const path = record(first)['FileReference']?.split('~')[1] ?? '';
    const found = resourceCodec('Calendar').attachment(source, path);
    expect(Buffer.from(found?.bytes ?? []).toString()).toBe('Hello world, this is a note that is attached.');
    expect(found?.contentType).toBe('text/plain');
    const more = element(
      'AirSyncBase:Attachments',
      element(
        'AirSyncBase:Add',
        element('AirSyncBase:ClientId', '1'),
        element('AirSyncBase:Content', Buffer.from('new')),
        element('AirSyncBase:DisplayName', 'b.bin'),
      ),
      element('AirSyncBase:Delete', element('AirSyncBase:FileReference', record(first)['FileReference'] ?? '')),
    );
    const after = changed('Calendar', source, [more], { version: '16.1' });
    const { gone, come } = difference(source, after);
    expect(gone).toHaveLength(1);
    expect(come).toEqual([
      `ATTACH;FMTTYPE=application/octet-stream;ENCODING=BASE64;VALUE=BINARY;FILENAME=b.bin:${Buffer.from('new').toString('base64')}`,
    ]);
    expect(resourceCodec('Calendar').attachment(source, '9.9')).toBeUndefined();
  });
});

describe('when it is', () => {
  it('MS-ASCAL_R42911, MS-ASCAL_R23311, MS-ASCAL_R44511, MS-ASCAL_R447: start, end and zone', () => {
    const source = made([element('Calendar:Timezone', BERLIN)]);
    expect(contentLines(source)).toContain('DTSTART;TZID=Europe/Berlin:20260304T090000');
    expect(contentLines(source)).toContain('DTEND;TZID=Europe/Berlin:20260304T100000');
    expect(contentLines(source)).toContain('TZID:Europe/Berlin');
    expect([
      shown(source, 'Calendar:StartTime'),
      shown(source, 'Calendar:EndTime'),
      shown(source, 'Calendar:Timezone'),
    ]).toEqual(['20260304T080000Z', '20260304T090000Z', BERLIN]);
  });

  it('MS-ASCAL_R7911, MS-ASCAL_R85, MS-ASCAL_R86: all day or not', () => {
    expect(shown(PLAIN, 'Calendar:AllDayEvent')).toBe('0');
    const day = ics('VEVENT', 'DTSTART;VALUE=DATE:20260304\nDTEND;VALUE=DATE:20260306');
    expect([
      shown(day, 'Calendar:AllDayEvent'),
      shown(day, 'Calendar:StartTime'),
      shown(day, 'Calendar:EndTime'),
    ]).toEqual(['1', '20260303T230000Z', '20260305T230000Z']);
    const source = added('Calendar', [
      element('Calendar:Timezone', BERLIN),
      element('Calendar:AllDayEvent', 1),
      element('Calendar:StartTime', '20260303T230000Z'),
      element('Calendar:EndTime', '20260304T230000Z'),
    ]);
    expect(contentLines(source)).toContain('DTSTART;VALUE=DATE:20260304');
    expect(contentLines(source)).toContain('DTEND;VALUE=DATE:20260305');
  });

  it.each(['16.0', '16.1'] as const)(
    'MS-ASCAL_R2006, MS-ASCAL_R2007: a whole day at %s is a date without a zone',
    (version) => {
      const day = ics('VEVENT', 'DTSTART;VALUE=DATE:20260304\nDTEND;VALUE=DATE:20260305');
      expect([shown(day, 'Calendar:StartTime', version), shown(day, 'Calendar:EndTime', version)]).toEqual([
        '20260304T000000Z',
        '20260305T000000Z',
      ]);
      expect(shown(day, 'Calendar:AllDayEvent', version)).toBe('1');
      expect(shown(day, 'Calendar:Timezone', version)).toBeUndefined();
      const source = added(
        'Calendar',
        [
          element('Calendar:AllDayEvent', 1),
          element('Calendar:StartTime', '20260304T000000Z'),
          element('Calendar:EndTime', '20260306T000000Z'),
        ],
        { version, zone: 'America/Los_Angeles' },
      );
      expect(contentLines(source)).toContain('DTSTART;VALUE=DATE:20260304');
      expect(contentLines(source)).toContain('DTEND;VALUE=DATE:20260306');
    },
  );

  it('becomes a whole day, and a time again', () => {
    const day = changed('Calendar', PLAIN, [
      element('Calendar:AllDayEvent', 1),
      element('Calendar:StartTime', '20260303T230000Z'),
      element('Calendar:EndTime', '20260304T230000Z'),
      element('Calendar:Timezone', BERLIN),
    ]);
    expect(contentLines(day)).toContain('DTSTART;VALUE=DATE:20260304');
    const again = changed('Calendar', day, [element('Calendar:AllDayEvent', 0), ...TIMES]);
    expect(contentLines(again)).toContain('DTSTART;TZID=Europe/Berlin:20260304T090000');
  });

  it('moved, it stays in its zone; a flight ends in another one', () => {
    const flight = corpusFile('google-flight.ics');
    const after = changed('Calendar', flight, [
      element('Calendar:StartTime', '20260320T101500Z'),
      element('Calendar:EndTime', '20260320T182500Z'),
    ]);
    expect(difference(flight, after).come).toEqual([
      'DTSTART;TZID=Europe/Berlin:20260320T111500',
      'DTEND;TZID=America/New_York:20260320T142500',
    ]);
  });

  it('MS-ASCAL_R52511, MS-ASCAL_R52514: without start and end, half an hour from the next half hour on', () => {
    const source = added('Calendar', [element('Calendar:Subject', 'Now')], { now: new Date('2026-02-10T10:10:10Z') });
    expect([shown(source, 'Calendar:StartTime'), shown(source, 'Calendar:EndTime')]).toEqual([
      '20260210T100000Z',
      '20260210T103000Z',
    ]);
  });

  it('MS-ASCAL_R52516, MS-ASCAL_R52517: without a start until the end; started and without an end until half an hour on', () => {
    const open = added('Calendar', [element('Calendar:EndTime', '20260210T120000Z')]);
    expect([shown(open, 'Calendar:StartTime'), shown(open, 'Calendar:EndTime')]).toEqual([
      '20260210T100000Z',
      '20260210T120000Z',
    ]);
    const started = added('Calendar', [element('Calendar:StartTime', '20260210T090000Z')]);
    expect([shown(started, 'Calendar:StartTime'), shown(started, 'Calendar:EndTime')]).toEqual([
      '20260210T090000Z',
      '20260210T103000Z',
    ]);
  });

  it.each([
    ['MS-ASCAL_R52515: an end that is past', element('Calendar:EndTime', '20260209T120000Z')],
    ['MS-ASCAL_R5251611: an end before the rounded time', element('Calendar:EndTime', '20260210T095500Z')],
    ['MS-ASCAL_R52518: a start to come', element('Calendar:StartTime', '20260211T120000Z')],
  ])('%s alone is Status 6', (_name, it) => {
    expect(() => added('Calendar', [it])).toThrow(MalformedValue);
  });

  it('MS-ASCAL_R53915: an end without a start in a Change is Status 6 before 16.0', () => {
    expect(() => changed('Calendar', PLAIN, [END])).toThrow(MalformedValue);
    expect(
      shown(
        changed('Calendar', PLAIN, [element('Calendar:EndTime', '20260304T100000Z')], { version: '16.1' }),
        'Calendar:EndTime',
      ),
    ).toBe('20260304T100000Z');
  });

  it('no date at all is Status 6', () => {
    expect(() => added('Calendar', [element('Calendar:StartTime', 'tomorrow'), END])).toThrow(MalformedValue);
  });
});

describe('meetings', () => {
  const received = (partstat: string, more = '') =>
    event(`ORGANIZER;CN=Bob:mailto:bob@example.org\nATTENDEE;PARTSTAT=${partstat}:mailto:Ann@Example.org\n${more}`);

  it.each([
    ['MS-ASCAL_R310', 'SUMMARY:No meeting', '0'],
    ['MS-ASCAL_R311', 'ORGANIZER:mailto:ann@example.org\nATTENDEE:mailto:bob@example.org', '1'],
    ['MS-ASCAL_R312', 'ORGANIZER:mailto:bob@example.org\nATTENDEE:mailto:ann@example.org', '3'],
    ['MS-ASCAL_R313', 'STATUS:CANCELLED\nORGANIZER:mailto:ann@example.org\nATTENDEE:mailto:bob@example.org', '5'],
    ['MS-ASCAL_R314', 'STATUS:CANCELLED\nORGANIZER:mailto:bob@example.org\nATTENDEE:mailto:ann@example.org', '7'],
  ])('%s: %s has MeetingStatus %s', (_requirement, inner, expected) => {
    expect(shown(event(inner), 'Calendar:MeetingStatus')).toBe(expected);
  });

  it.each([
    ['MS-ASCAL_R40111, MS-ASCAL_R412, MS-ASCAL_R569', 'TENTATIVE', '2'],
    ['MS-ASCAL_R414, MS-ASCAL_R570', 'ACCEPTED', '3'],
    ['MS-ASCAL_R571', 'DECLINED', '4'],
    ['MS-ASCAL_R418, MS-ASCAL_R572', 'NEEDS-ACTION', '5'],
  ])('%s: the answer %s is ResponseType and AttendeeStatus %s', (_requirements, partstat, expected) => {
    expect(shown(received(partstat), 'Calendar:ResponseType')).toBe(expected);
    expect(
      at(
        rendered('Calendar', received(partstat)),
        'Calendar:Attendees',
        'Calendar:Attendee',
        'Calendar:AttendeeStatus',
      ),
    ).toBe(expected);
  });

  it('MS-ASCAL_R568: nobody knows the answer of who has no PARTSTAT', () => {
    const source = event('ORGANIZER:mailto:bob@example.org\nATTENDEE:mailto:cleo@example.org');
    expect(at(rendered('Calendar', source), 'Calendar:Attendees', 'Calendar:Attendee', 'Calendar:AttendeeStatus')).toBe(
      '0',
    );
  });

  it('MS-ASCAL_R410: who calls a meeting need not answer', () => {
    expect(
      shown(event('ORGANIZER:mailto:ann@example.org\nATTENDEE:mailto:bob@example.org'), 'Calendar:ResponseType'),
    ).toBe('1');
    expect(shown(PLAIN, 'Calendar:ResponseType')).toBe('0');
  });

  it('MS-ASCAL_R88011: AppointmentReplyTime is when the user answered', () => {
    expect(shown(received('ACCEPTED', 'X-CARAVAN-REPLY-TIME:20260201T120000Z'), 'Calendar:AppointmentReplyTime')).toBe(
      '20260201T120000Z',
    );
  });

  it('MS-ASCAL_R52522: there is none as long as nothing was done', () => {
    expect(
      shown(received('NEEDS-ACTION', 'X-CARAVAN-REPLY-TIME:20260201T120000Z'), 'Calendar:AppointmentReplyTime'),
    ).toBeUndefined();
    expect(shown(received('ACCEPTED'), 'Calendar:AppointmentReplyTime')).toBeUndefined();
  });

  it.each([
    ['MS-ASCAL_R11911, MS-ASCAL_R573', 1, 'ROLE=REQ-PARTICIPANT'],
    ['MS-ASCAL_R574', 2, 'ROLE=OPT-PARTICIPANT'],
    ['MS-ASCAL_R575', 3, 'ROLE=NON-PARTICIPANT;CUTYPE=RESOURCE'],
  ])('%s: AttendeeType %i is %s', (_requirements, type, parameters) => {
    const source = made([attendees(attendee('bob@example.org', element('Calendar:AttendeeType', type)))]);
    expect(contentLines(source)).toContain(
      `ATTENDEE;CN=Somebody;${parameters};PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org`,
    );
    expect(at(rendered('Calendar', source), 'Calendar:Attendees', 'Calendar:Attendee', 'Calendar:AttendeeType')).toBe(
      String(type),
    );
  });

  it('MS-ASCAL_R11311: AttendeeStatus of a phone is kept before 16.0', () => {
    const source = made([attendees(attendee('bob@example.org', element('Calendar:AttendeeStatus', 3)))]);
    expect(source).toContain('PARTSTAT=ACCEPTED');
    expect(() => made([attendees(attendee('bob@example.org', element('Calendar:AttendeeStatus', 1)))])).toThrow(
      MalformedValue,
    );
  });

  it('MS-ASCAL_R36211, MS-ASCAL_R36711: who called it', () => {
    const source = made([
      attendees(attendee('cleo@example.org')),
      element('Calendar:OrganizerEmail', 'bob@example.org'),
      element('Calendar:OrganizerName', 'Bob'),
    ]);
    expect([shown(source, 'Calendar:OrganizerEmail'), shown(source, 'Calendar:OrganizerName')]).toEqual([
      'bob@example.org',
      'Bob',
    ]);
  });

  it.each(['16.0', '16.1'] as const)(
    'MS-ASCAL_R2169, MS-ASCAL_R2169001, MS-ASCAL_R2175, MS-ASCAL_R2175001: at %s it is the user',
    (version) => {
      const source = made(
        [attendees(attendee('cleo@example.org')), element('Calendar:OrganizerEmail', 'x@example.org')],
        version,
      );
      expect([
        shown(source, 'Calendar:OrganizerEmail', version),
        shown(source, 'Calendar:OrganizerName', version),
      ]).toEqual(['ann@example.org', 'Ann Example']);
    },
  );

  it('MS-ASCAL_R52521, MS-ASCAL_R52529: what is no address stays as it is', () => {
    const source = made([attendees(attendee('no address'))]);
    expect(at(rendered('Calendar', source), 'Calendar:Attendees', 'Calendar:Attendee', 'Calendar:Email')).toBe(
      'no address',
    );
  });

  it('who is a principal of the server’s has the address that is written beside it', () => {
    const event = ics(
      'VEVENT',
      `DTSTART:20260304T080000Z
ORGANIZER;CN=Ann;EMAIL=Ann@example.org:/1234/principal/
ATTENDEE;CN=Ann;EMAIL=Ann@example.org;PARTSTAT=ACCEPTED:/1234/principal/
ATTENDEE;CN=Bob;EMAIL=bob@example.org;PARTSTAT=ACCEPTED:urn:uuid:7`,
    );
    const data = rendered('Calendar', event);
    expect(at(data, 'Calendar:OrganizerEmail')).toBe('Ann@example.org');
    expect(at(data, 'Calendar:MeetingStatus'), 'the user’s own').toBe('1');
    expect(children(child(data, 'Calendar:Attendees')).map((it) => text(it, 'Calendar:Email'))).toEqual([
      'bob@example.org',
    ]);
    expect(
      changed('Calendar', event, [attendees(attendee('bob@example.org'), attendee('cleo@example.org'))]),
    ).toContain('PARTSTAT=ACCEPTED:urn:uuid:7');
  });

  it('one attendee more or less touches no other', () => {
    const source = corpusFile('outlook-meeting.ics');
    const list = children(child(rendered('Calendar', source), 'Calendar:Attendees'));
    const after = changed('Calendar', source, [attendees(...list.slice(1), attendee('dora@example.org'))]);
    const { gone, come } = difference(source, after);
    expect(gone).toEqual(['ATTENDEE;CN="Ann Example";RSVP=TRUE:mailto:ann@example.org']);
    expect(come).toHaveLength(1);
    expect(come[0]).toContain('mailto:dora@example.org');
  });

  it('MS-ASCAL_R39611: whether an answer is wanted', () => {
    expect(shown(received('NEEDS-ACTION'), 'Calendar:ResponseRequested')).toBe('0');
    expect(shown(corpusFile('outlook-meeting.ics'), 'Calendar:ResponseRequested')).toBe('1');
  });

  it('MS-ASCAL_R2223: from 16.0 on the server makes the id', () => {
    for (const version of VERSIONS) {
      const source = made([element('Calendar:UID', 'of-phone')], version);
      expect(shown(source, 'Calendar:UID', version)).toBe(version.startsWith('16') ? 'made-by-server' : 'of-phone');
    }
  });

  it('online meetings have their links', () => {
    expect(shown(corpusFile('google-meet.ics'), 'Calendar:OnlineMeetingExternalLink')).toBe(
      'https://meet.google.com/abc-defg-hij',
    );
    expect(shown(corpusFile('exchange-teams.ics'), 'Calendar:OnlineMeetingConfLink')).toMatch(/^conf:sip:/);
    expect(shown(corpusFile('fastmail-event.ics'), 'Calendar:OnlineMeetingExternalLink')).toBe(
      'https://video.example.com/room/1',
    );
  });
});

describe('ghosting', () => {
  const FULL = SERIES_WITH_EVERYTHING;

  it.each([
    ['MS-ASCAL_R111', 'Calendar:Attendees'],
    ['MS-ASCAL_R128', 'AirSyncBase:Body'],
    ['MS-ASCAL_R217', 'Calendar:DisallowNewTimeProposal'],
    ['MS-ASCAL_R319', 'Calendar:MeetingStatus'],
    ['MS-ASCAL_R365', 'Calendar:OrganizerEmail'],
    ['MS-ASCAL_R370', 'Calendar:OrganizerName'],
    ['MS-ASCAL_R399', 'Calendar:ResponseRequested'],
    ['MS-ASCAL_R96', 'Calendar:AppointmentReplyTime'],
    ['MS-ASCAL_R419', 'Calendar:ResponseType'],
  ] as const)('%s: %s is ghosted', (_requirement, tag) => {
    const before = rendered('Calendar', FULL);
    expect(child(before, tag)).toBeDefined();
    const after = changed('Calendar', FULL, [element('Calendar:Subject', 'New')], {
      supported: new Set(['Calendar:Subject', 'Calendar:Location']),
    });
    expect(child(rendered('Calendar', after), tag)).toEqual(child(before, tag));
  });

  it('MS-ASCAL_R301: Location is deleted by who manages it and leaves it out', () => {
    const after = changed('Calendar', FULL, [element('Calendar:Subject', 'New')], {
      supported: new Set(['Calendar:Subject', 'Calendar:Location']),
    });
    expect(shown(after, 'Calendar:Location')).toBeUndefined();
  });

  it('MS-ASCAL_R541, MS-ASCAL_R54111: Exceptions left out stay, Supported or not', () => {
    for (const supported of [undefined, new Set<TagName>(['Calendar:Exceptions', 'Calendar:Subject'])]) {
      const after = changed('Calendar', FULL, [element('Calendar:Subject', 'New')], { supported });
      expect(children(child(rendered('Calendar', after), 'Calendar:Exceptions'))).toHaveLength(3);
    }
  });

  it('an empty element takes a value away', () => {
    const after = changed('Calendar', FULL, [
      element('Calendar:Location'),
      element('Calendar:Reminder'),
      element('Calendar:Categories'),
    ]);
    const data = rendered('Calendar', after);
    for (const tag of ['Calendar:Location', 'Calendar:Reminder', 'Calendar:Categories'] as const)
      expect(text(data, tag)).toBeUndefined();
  });
});
