/**
 * What must hold of every message rendered for every version: the whole corpus, with and without truncation, with flags. Each
 * check counts what it looked at: none may pass for want of cases.
 */
import { describe, expect, it } from 'vitest';
import {
  children,
  type Element,
  type ProtocolVersion,
  type TagName,
  textOf,
} from '../../../lib/activesync/protocol/index.ts';
import { CORPUS_NAMES, corpus, mail, preference, rendered, RECEIVED_AT, VERSIONS } from './support.ts';

const FLAGS = [
  '\\Flagged',
  '\\Answered',
  'Work',
  '$CvFlag-D.mm2sqtc0.mm2sqtc0.mm2sqtc0.mm2sqtc0',
  '$CvFlag-R.1.mm2sqtc0',
  '$CvFlag-O.mm2sqtc0',
  '$CvFlag-S0.gu2tknjv',
];
const COMPLETE = ['\\Seen', '$Forwarded', '$CvFlag-C.mm2sqtc0.mm2sqtc0'];

interface Sample {
  readonly version: ProtocolVersion;
  readonly data: Element;
}

const part = { bodyParts: [preference(2, 200, false, 40)] };
const samples: readonly Sample[] = VERSIONS.flatMap((version) =>
  CORPUS_NAMES.flatMap((name) => {
    const raw = corpus(name);
    return [
      rendered(raw, {
        version,
        flags: FLAGS,
        options: { bodies: [preference(1, 100), preference(2, 100, false, 80)], ...part },
      }),
      rendered(raw, { version, flags: COMPLETE, options: { bodies: [preference(2)], ...part } }),
      rendered(raw, {
        version,
        flags: ['\\Draft'],
        options: { mimeSupport: 2, bodies: [preference(4, 500, false, 20)], ...part },
      }),
      rendered(raw, { version, flags: [], options: { mimeSupport: 1, bodies: [preference(4), preference(1)] } }),
    ].map((data) => ({ version, data }));
  }),
);

interface Found {
  readonly it: Element;
  readonly parent: Element;
  readonly version: ProtocolVersion;
}

function collect(): ReadonlyMap<string, readonly Found[]> {
  const found = new Map<string, Found[]>();
  for (const { version, data } of samples) {
    const visit = (parent: Element) => {
      for (const it of children(parent)) {
        const key = `${parent.tag}/${it.tag}`;
        const list = found.get(key) ?? [];
        found.set(key, list);
        list.push({ it, parent, version });
        visit(it);
      }
    };
    visit(data);
  }
  return found;
}

const FOUND = collect();
const at = (parent: TagName, tag: TagName): readonly Found[] => {
  const found = FOUND.get(`${parent}/${tag}`) ?? [];
  expect(found.length, `no ${tag} in any ${parent}`).toBeGreaterThan(0);
  return found;
};
const anywhere = (tag: TagName): boolean => [...FOUND.keys()].some((key) => key.endsWith(`/${tag}`));

type Type = 'string' | 'boolean' | 'unsignedByte' | 'integer' | 'dateTime' | 'bytes' | 'container';

const CHECKS: Readonly<Record<Type, (it: Element) => boolean>> = {
  string: ({ content }) => typeof content === 'string',
  boolean: ({ content }) => content === '0' || content === '1',
  unsignedByte: ({ content }) => typeof content === 'string' && /^\d{1,3}$/.test(content) && Number(content) <= 255,
  integer: ({ content }) => typeof content === 'string' && /^-?\d+$/.test(content),
  dateTime: ({ content }) => typeof content === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(content),
  bytes: ({ content }) => content instanceof Uint8Array,
  container: ({ content }) => Array.isArray(content),
};

interface Rule {
  readonly parent: TagName;
  readonly tag: TagName;
  readonly type: Type;
  readonly ids: string;
  readonly values?: readonly number[];
  readonly required?: string;
}

const A = 'AirSyncBase:Attachment';
const B = 'AirSyncBase:Body';
const P = 'AirSyncBase:BodyPart';
const D = 'AirSync:ApplicationData';
const M = 'Email:MeetingRequest';
const R = 'Email:Recurrence';
const F = 'Email:Flag';

const RULES: readonly Rule[] = [
  { parent: D, tag: 'AirSyncBase:Attachments', type: 'container', ids: 'MS-ASAIRS_R1327, MS-ASEMAIL_R1122' },
  {
    parent: 'AirSyncBase:Attachments',
    tag: A,
    type: 'container',
    ids: 'MS-ASAIRS_R1323, MS-ASAIRS_R102',
    required: 'MS-ASAIRS_R87',
  },
  {
    parent: A,
    tag: 'AirSyncBase:FileReference',
    type: 'string',
    ids: 'MS-ASAIRS_R210',
    required: 'MS-ASAIRS_R91, MS-ASAIRS_R211',
  },
  {
    parent: A,
    tag: 'AirSyncBase:Method',
    type: 'unsignedByte',
    ids: 'MS-ASAIRS_R221, MS-ASAIRS_R222, MS-ASAIRS_R223, MS-ASAIRS_R224',
    values: [1, 2, 3, 4, 5, 6],
    required: 'MS-ASAIRS_R92, MS-ASAIRS_R220',
  },
  {
    parent: A,
    tag: 'AirSyncBase:EstimatedDataSize',
    type: 'integer',
    ids: 'MS-ASAIRS_R195, MS-ASAIRS_R199, MS-ASAIRS_R200',
    required: 'MS-ASAIRS_R93, MS-ASAIRS_R198',
  },
  {
    parent: A,
    tag: 'AirSyncBase:DisplayName',
    type: 'string',
    ids: 'MS-ASAIRS_R191, MS-ASAIRS_R192, MS-ASAIRS_R193, MS-ASEMAIL_R394',
  },
  { parent: A, tag: 'AirSyncBase:ContentId', type: 'string', ids: 'MS-ASAIRS_R163, MS-ASAIRS_R164' },
  {
    parent: A,
    tag: 'AirSyncBase:ContentLocation',
    type: 'string',
    ids: 'MS-ASAIRS_R168, MS-ASAIRS_R169, MS-ASAIRS_R170',
  },
  { parent: A, tag: 'AirSyncBase:IsInline', type: 'boolean', ids: 'MS-ASAIRS_R217, MS-ASAIRS_R218, MS-ASAIRS_R219' },
  { parent: D, tag: B, type: 'container', ids: 'MS-ASAIRS_R106' },
  {
    parent: B,
    tag: 'AirSyncBase:Type',
    type: 'unsignedByte',
    ids: 'MS-ASAIRS_R302, MS-ASAIRS_R303, MS-ASAIRS_R312, MS-ASAIRS_R313',
    values: [1, 2, 3, 4],
    required: 'MS-ASAIRS_R113, MS-ASAIRS_R308, MS-ASEMAIL_R250',
  },
  { parent: B, tag: 'AirSyncBase:EstimatedDataSize', type: 'integer', ids: 'MS-ASAIRS_R203, MS-ASAIRS_R204' },
  { parent: B, tag: 'AirSyncBase:Truncated', type: 'boolean', ids: 'MS-ASAIRS_R274, MS-ASAIRS_R280' },
  { parent: B, tag: 'AirSyncBase:Data', type: 'string', ids: 'MS-ASAIRS_R172, MS-ASAIRS_R174' },
  { parent: B, tag: 'AirSyncBase:Preview', type: 'string', ids: 'MS-ASAIRS_R249, MS-ASAIRS_R251, MS-ASAIRS_R252' },
  { parent: D, tag: P, type: 'container', ids: 'MS-ASAIRS_R121, MS-ASAIRS_R124, MS-ASEMAIL_R259' },
  {
    parent: P,
    tag: 'AirSyncBase:Status',
    type: 'unsignedByte',
    ids: 'MS-ASAIRS_R270',
    values: [1, 176],
    required: 'MS-ASAIRS_R127, MS-ASAIRS_R269',
  },
  {
    parent: P,
    tag: 'AirSyncBase:Type',
    type: 'unsignedByte',
    ids: 'MS-ASAIRS_R317, MS-ASAIRS_R318',
    values: [1, 2, 3, 4],
    required: 'MS-ASAIRS_R128, MS-ASAIRS_R314',
  },
  {
    parent: P,
    tag: 'AirSyncBase:EstimatedDataSize',
    type: 'integer',
    ids: 'MS-ASAIRS_R207, MS-ASAIRS_R208',
    required: 'MS-ASAIRS_R129, MS-ASAIRS_R205',
  },
  { parent: P, tag: 'AirSyncBase:Truncated', type: 'boolean', ids: 'MS-ASAIRS_R286' },
  { parent: P, tag: 'AirSyncBase:Data', type: 'string', ids: 'MS-ASAIRS_R183, MS-ASAIRS_R185' },
  { parent: P, tag: 'AirSyncBase:Preview', type: 'string', ids: 'MS-ASAIRS_R254, MS-ASAIRS_R257, MS-ASAIRS_R258' },
  {
    parent: D,
    tag: 'AirSyncBase:NativeBodyType',
    type: 'unsignedByte',
    ids: 'MS-ASAIRS_R231, MS-ASAIRS_R232, MS-ASAIRS_R233, MS-ASAIRS_R235, MS-ASAIRS_R236, MS-ASEMAIL_R623',
    values: [1, 2, 3],
  },
  { parent: D, tag: 'Email:To', type: 'string', ids: 'MS-ASEMAIL_R788' },
  { parent: D, tag: 'Email:Cc', type: 'string', ids: 'MS-ASEMAIL_R329' },
  { parent: D, tag: 'Email:From', type: 'string', ids: 'MS-ASEMAIL_R476' },
  { parent: D, tag: 'Email:Subject', type: 'string', ids: 'MS-ASEMAIL_R1416' },
  { parent: D, tag: 'Email:ReplyTo', type: 'string', ids: 'MS-ASEMAIL_R709' },
  { parent: D, tag: 'Email:DateReceived', type: 'dateTime', ids: 'MS-ASEMAIL_R364' },
  { parent: D, tag: 'Email:DisplayTo', type: 'string', ids: 'MS-ASEMAIL_R398' },
  { parent: D, tag: 'Email:ThreadTopic', type: 'string', ids: 'MS-ASEMAIL_R780' },
  {
    parent: D,
    tag: 'Email:Importance',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R482, MS-ASEMAIL_R483',
    values: [0, 1, 2],
  },
  { parent: D, tag: 'Email:Read', type: 'boolean', ids: 'MS-ASEMAIL_R642' },
  { parent: D, tag: 'Email:MessageClass', type: 'string', ids: 'MS-ASEMAIL_R584' },
  { parent: D, tag: 'Email:InternetCPID', type: 'string', ids: 'MS-ASEMAIL_R498', required: 'MS-ASEMAIL_R496' },
  { parent: D, tag: 'Email:ContentClass', type: 'string', ids: 'MS-ASEMAIL_R341' },
  { parent: D, tag: 'Email:Categories', type: 'container', ids: 'MS-ASEMAIL_R313' },
  { parent: 'Email:Categories', tag: 'Email:Category', type: 'string', ids: 'MS-ASEMAIL_R321, MS-ASEMAIL_R323' },
  { parent: D, tag: 'Email2:ConversationId', type: 'bytes', ids: 'MS-ASEMAIL_R345, MS-ASEMAIL_R348' },
  { parent: D, tag: 'Email2:ConversationIndex', type: 'bytes', ids: 'MS-ASEMAIL_R354' },
  {
    parent: D,
    tag: 'Email2:LastVerbExecuted',
    type: 'integer',
    ids: 'MS-ASEMAIL_R513, MS-ASEMAIL_R514',
    values: [0, 1, 2, 3],
  },
  { parent: D, tag: 'Email2:ReceivedAsBcc', type: 'boolean', ids: 'MS-ASEMAIL_R646' },
  { parent: D, tag: 'Email2:IsDraft', type: 'boolean', ids: 'MS-ASEMAIL_R1277' },
  { parent: D, tag: 'Email2:Bcc', type: 'string', ids: 'MS-ASEMAIL_R1131' },
  { parent: D, tag: F, type: 'container', ids: 'MS-ASEMAIL_R434' },
  {
    parent: F,
    tag: 'Email:Status',
    type: 'integer',
    ids: 'MS-ASEMAIL_R752, MS-ASEMAIL_R753, MS-ASEMAIL_R758',
    values: [0, 1, 2],
  },
  { parent: F, tag: 'Email:FlagType', type: 'string', ids: 'MS-ASEMAIL_R469, MS-ASEMAIL_R472' },
  { parent: F, tag: 'Tasks:Subject', type: 'string', ids: 'MS-ASEMAIL_R768, MS-ASEMAIL_R769' },
  { parent: F, tag: 'Tasks:DateCompleted', type: 'dateTime', ids: 'MS-ASEMAIL_R360, MS-ASEMAIL_R361' },
  { parent: F, tag: 'Email:CompleteTime', type: 'dateTime', ids: 'MS-ASEMAIL_R337, MS-ASEMAIL_R338' },
  { parent: F, tag: 'Tasks:StartDate', type: 'dateTime', ids: 'MS-ASEMAIL_R742, MS-ASEMAIL_R743' },
  { parent: F, tag: 'Tasks:DueDate', type: 'dateTime', ids: 'MS-ASEMAIL_R410, MS-ASEMAIL_R411' },
  { parent: F, tag: 'Tasks:UtcStartDate', type: 'dateTime', ids: 'MS-ASEMAIL_R865, MS-ASEMAIL_R866' },
  { parent: F, tag: 'Tasks:UtcDueDate', type: 'dateTime', ids: 'MS-ASEMAIL_R854, MS-ASEMAIL_R855' },
  {
    parent: F,
    tag: 'Tasks:ReminderSet',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R691, MS-ASEMAIL_R694',
    values: [0, 1],
  },
  { parent: F, tag: 'Tasks:ReminderTime', type: 'dateTime', ids: 'MS-ASEMAIL_R700, MS-ASEMAIL_R703' },
  { parent: F, tag: 'Tasks:OrdinalDate', type: 'dateTime', ids: 'MS-ASEMAIL_R630, MS-ASEMAIL_R631' },
  { parent: F, tag: 'Tasks:SubOrdinalDate', type: 'string', ids: 'MS-ASEMAIL_R772, MS-ASEMAIL_R774, MS-ASEMAIL_R1006' },
  { parent: D, tag: M, type: 'container', ids: 'MS-ASEMAIL_R541' },
  { parent: M, tag: 'Email:AllDayEvent', type: 'unsignedByte', ids: 'MS-ASEMAIL_R234', values: [0, 1] },
  { parent: M, tag: 'Email:StartTime', type: 'dateTime', ids: 'MS-ASEMAIL_R749, MS-ASEMAIL_R896' },
  {
    parent: M,
    tag: 'Email:DtStamp',
    type: 'dateTime',
    ids: 'MS-ASEMAIL_R403',
    required: 'MS-ASEMAIL_R401, MS-ASEMAIL_R897',
  },
  { parent: M, tag: 'Email:EndTime', type: 'dateTime', ids: 'MS-ASEMAIL_R416, MS-ASEMAIL_R898' },
  {
    parent: M,
    tag: 'Email:InstanceType',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R490, MS-ASEMAIL_R491',
    values: [0, 1, 2, 3, 4],
  },
  { parent: M, tag: 'Email:Location', type: 'string', ids: 'MS-ASEMAIL_R526' },
  { parent: M, tag: 'AirSyncBase:Location', type: 'container', ids: 'MS-ASAIRS_R1207' },
  {
    parent: 'AirSyncBase:Location',
    tag: 'AirSyncBase:DisplayName',
    type: 'string',
    ids: 'MS-ASAIRS_R1361, MS-ASAIRS_R1362, MS-ASAIRS_R1208',
  },
  { parent: M, tag: 'Email:Organizer', type: 'string', ids: 'MS-ASEMAIL_R637' },
  { parent: M, tag: 'Email:RecurrenceId', type: 'dateTime', ids: 'MS-ASEMAIL_R680' },
  { parent: M, tag: 'Email:ResponseRequested', type: 'unsignedByte', ids: 'MS-ASEMAIL_R714', values: [0, 1] },
  {
    parent: M,
    tag: 'Email:Sensitivity',
    type: 'integer',
    ids: 'MS-ASEMAIL_R729, MS-ASEMAIL_R730',
    values: [0, 1, 2, 3],
  },
  {
    parent: M,
    tag: 'Email:BusyStatus',
    type: 'integer',
    ids: 'MS-ASEMAIL_R264, MS-ASEMAIL_R265',
    values: [0, 1, 2, 3, 4],
  },
  {
    parent: M,
    tag: 'Email:TimeZone',
    type: 'string',
    ids: 'MS-ASEMAIL_R783',
    required: 'MS-ASEMAIL_R781, MS-ASEMAIL_R908',
  },
  { parent: M, tag: 'Email:DisallowNewTimeProposal', type: 'unsignedByte', ids: 'MS-ASEMAIL_R391', values: [0, 1] },
  {
    parent: M,
    tag: 'Email2:MeetingMessageType',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R530, MS-ASEMAIL_R532',
    values: [0, 1, 2, 3, 4, 5, 6],
  },
  { parent: M, tag: 'Email:Recurrences', type: 'container', ids: 'MS-ASEMAIL_R681, MS-ASEMAIL_R682' },
  {
    parent: 'Email:Recurrences',
    tag: R,
    type: 'container',
    ids: 'MS-ASEMAIL_R653',
    required: 'MS-ASEMAIL_R652, MS-ASEMAIL_R684',
  },
  {
    parent: R,
    tag: 'Email:Type',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R791, MS-ASEMAIL_R792',
    values: [0, 1, 2, 3, 5, 6],
    required: 'MS-ASEMAIL_R789, MS-ASEMAIL_R880',
  },
  {
    parent: R,
    tag: 'Email:Interval',
    type: 'integer',
    ids: 'MS-ASEMAIL_R501',
    required: 'MS-ASEMAIL_R499, MS-ASEMAIL_R912',
  },
  { parent: R, tag: 'Email:Until', type: 'string', ids: 'MS-ASEMAIL_R847' },
  { parent: R, tag: 'Email:Occurrences', type: 'integer', ids: 'MS-ASEMAIL_R627' },
  { parent: R, tag: 'Email:WeekOfMonth', type: 'integer', ids: 'MS-ASEMAIL_R872', values: [1, 2, 3, 4, 5] },
  { parent: R, tag: 'Email:DayOfMonth', type: 'integer', ids: 'MS-ASEMAIL_R367' },
  { parent: R, tag: 'Email:DayOfWeek', type: 'integer', ids: 'MS-ASEMAIL_R374' },
  { parent: R, tag: 'Email:MonthOfYear', type: 'integer', ids: 'MS-ASEMAIL_R619' },
  {
    parent: R,
    tag: 'Email2:CalendarType',
    type: 'integer',
    ids: 'MS-ASEMAIL_R294, MS-ASEMAIL_R295',
    values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 20],
  },
  { parent: R, tag: 'Email2:IsLeapMonth', type: 'unsignedByte', ids: 'MS-ASEMAIL_R507', values: [0, 1] },
  {
    parent: R,
    tag: 'Email2:FirstDayOfWeek',
    type: 'unsignedByte',
    ids: 'MS-ASEMAIL_R420, MS-ASEMAIL_R423, MS-ASEMAIL_R424',
    values: [0, 1, 2, 3, 4, 5, 6],
  },
];

const nameOf = (tag: string): string => tag.split(':')[1] ?? tag;

describe('of every element there is', () => {
  for (const { parent, tag, type, ids, values } of RULES) {
    it(`${ids}: ${nameOf(tag)} in ${nameOf(parent)} is a ${type}${values ? ` of ${values.join(', ')}` : ''}, at most one, without strangers inside`, () => {
      for (const { it: element, parent: around, version } of at(parent, tag)) {
        expect(CHECKS[type](element), `${version}: ${JSON.stringify(element)}`).toBe(true);
        if (values) expect(values).toContain(Number(textOf(element)));
        if (tag !== A && tag !== 'Email:Category') expect(children(around, tag)).toHaveLength(1);
      }
    });
  }
});

describe('of every element that holds others', () => {
  for (const { parent, tag, required } of RULES) {
    if (required === undefined) continue;
    it(`${required}: ${nameOf(parent)} has a ${nameOf(tag)}`, () => {
      const parents =
        parent === D
          ? samples.map((it) => it.data)
          : [...FOUND].flatMap(([key, list]) =>
              key.endsWith(`/${parent}`) ? list.map(({ it: element }) => element) : [],
            );
      expect(parents.length).toBeGreaterThan(0);
      for (const it of parents) expect(children(it, tag).length, JSON.stringify(it)).toBeGreaterThan(0);
    });
  }

  const inOrder = (tag: TagName, order: readonly string[]) => {
    const all = at(D, tag);
    for (const { it: element } of all) {
      const names = children(element).map((child) => nameOf(child.tag));
      expect(names).toEqual(order.filter((name) => names.includes(name)));
    }
  };

  it('MS-ASAIRS_R112, MS-ASEMAIL_R246: Body has Type, EstimatedDataSize, Truncated, Data, Preview, in this order', () => {
    inOrder(B, ['Type', 'EstimatedDataSize', 'Truncated', 'Data', 'Preview']);
  });

  it('MS-ASAIRS_R126: BodyPart has Status, Type, EstimatedDataSize, Truncated, Data, Preview, in this order', () => {
    inOrder(P, ['Status', 'Type', 'EstimatedDataSize', 'Truncated', 'Data', 'Preview']);
  });

  it('MS-ASEMAIL_R546: MeetingRequest has its children in the order of the schema', () => {
    inOrder(M, [
      'AllDayEvent',
      'StartTime',
      'DtStamp',
      'EndTime',
      'InstanceType',
      'Location',
      'Organizer',
      'RecurrenceId',
      'Reminder',
      'ResponseRequested',
      'Recurrences',
      'Sensitivity',
      'BusyStatus',
      'TimeZone',
      'GlobalObjId',
      'DisallowNewTimeProposal',
      'MeetingMessageType',
      'UID',
    ]);
  });

  it('MS-ASEMAIL_R440, MS-ASEMAIL_R436, MS-ASEMAIL_R1069: Flag has its own children, and a Status if any', () => {
    const known = [
      'Subject',
      'Status',
      'FlagType',
      'DateCompleted',
      'CompleteTime',
      'StartDate',
      'DueDate',
      'UtcStartDate',
      'UtcDueDate',
      'ReminderSet',
      'ReminderTime',
      'OrdinalDate',
      'SubOrdinalDate',
    ];
    const flags = at(D, F).filter(({ it: element }) => children(element).length > 0);
    expect(flags.length).toBeGreaterThan(0);
    for (const { it: element } of flags) {
      const names = children(element).map((child) => nameOf(child.tag));
      expect(names.filter((name) => !known.includes(name))).toEqual([]);
      expect(names).toContain('Status');
    }
  });
});

describe('of all answers', () => {
  it.each([
    ['MS-ASAIRS_R59, MS-ASAIRS_R74', 'AirSyncBase:AllOrNone'],
    ['MS-ASAIRS_R135', 'AirSyncBase:BodyPartPreference'],
    ['MS-ASAIRS_R148', 'AirSyncBase:BodyPreference'],
    ['MS-ASAIRS_R291, MS-ASAIRS_R297', 'AirSyncBase:TruncationSize'],
    ['MS-ASAIRS_R405', 'ItemOperations:Part'],
  ] as const)('%s: none has a %s', (_ids, tag) => {
    expect(samples.length).toBeGreaterThan(0);
    expect(anywhere(tag)).toBe(false);
  });

  it('MS-ASAIRS_R105, MS-ASEMAIL_R245: a new item has a Body', () => {
    for (const { data } of samples) expect(children(data, B)).toHaveLength(1);
  });

  it('MS-ASEMAIL_R342: the content class of e-mail', () => {
    for (const { it: element } of at(D, 'Email:ContentClass'))
      expect(textOf(element)).toBe('urn:content-classes:message');
  });

  it('MS-ASEMAIL_R343, MS-ASEMAIL_R350: since 14.0, each names its conversation and its place in it', () => {
    for (const { data, version } of samples) {
      const count = version === '12.1' ? 0 : 1;
      expect(children(data, 'Email2:ConversationId')).toHaveLength(count);
      expect(children(data, 'Email2:ConversationIndex')).toHaveLength(count);
    }
  });

  it('MS-ASEMAIL_R477: addresses end at 32,768 characters, at a whole one', () => {
    const list = Array.from({ length: 3_000 }, (_, i) => `"Somebody ${i}" <somebody-${i}@example.org>`);
    const data = rendered(mail(`From: ${list.join(',\n ')}\nTo: ${list.join(',\n ')}\n\nx\n`));
    for (const tag of ['Email:From', 'Email:To'] as const) {
      const text = textOf(children(data, tag)[0] as Element);
      expect(text.length).toBeLessThanOrEqual(32_768);
      expect(text.length).toBeGreaterThan(32_000);
      expect(text).toMatch(/<somebody-\d+@example\.org>$/);
    }
  });

  it('dates are when the message arrived', () => {
    for (const { it: element } of at(D, 'Email:DateReceived')) expect(textOf(element)).toBe(RECEIVED_AT.toISOString());
  });

  it('no text has characters that XML forbids', () => {
    // oxlint-disable-next-line no-control-regex -- they are what is looked for
    const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
    let texts = 0;
    for (const list of FOUND.values())
      for (const { it: element } of list) {
        if (typeof element.content !== 'string') continue;
        texts++;
        expect(forbidden.test(element.content) || !element.content.isWellFormed(), JSON.stringify(element)).toBe(false);
      }
    expect(texts).toBeGreaterThan(1_000);
  });
});

/** Which version has which element; what is not listed, none but those has. */
const SUPPORT: readonly (readonly [TagName, TagName, Readonly<Partial<Record<ProtocolVersion, string>>>])[] = [
  [
    'AirSyncBase:Attachments',
    A,
    {
      '12.1': 'MS-ASAIRS_R1048',
      '14.0': 'MS-ASAIRS_R1049',
      '14.1': 'MS-ASAIRS_R1050',
      '16.0': 'MS-ASAIRS_R1051',
      '16.1': 'MS-ASAIRS_R1000949',
    },
  ],
  [
    D,
    'AirSyncBase:Attachments',
    {
      '12.1': 'MS-ASAIRS_R1053',
      '14.0': 'MS-ASAIRS_R1054',
      '14.1': 'MS-ASAIRS_R1055',
      '16.0': 'MS-ASAIRS_R1056',
      '16.1': 'MS-ASAIRS_R1000951',
    },
  ],
  [
    D,
    B,
    {
      '12.1': 'MS-ASAIRS_R1057',
      '14.0': 'MS-ASAIRS_R1058',
      '14.1': 'MS-ASAIRS_R1059',
      '16.0': 'MS-ASAIRS_R1060',
      '16.1': 'MS-ASAIRS_R1000953',
    },
  ],
  [D, P, { '14.1': 'MS-ASAIRS_R1063', '16.0': 'MS-ASAIRS_R1064', '16.1': 'MS-ASAIRS_R1000957' }],
  [
    A,
    'AirSyncBase:ContentId',
    {
      '12.1': 'MS-ASAIRS_R1097',
      '14.0': 'MS-ASAIRS_R1098',
      '14.1': 'MS-ASAIRS_R1099',
      '16.0': 'MS-ASAIRS_R1100',
      '16.1': 'MS-ASAIRS_R1000969',
    },
  ],
  [
    A,
    'AirSyncBase:ContentLocation',
    {
      '12.1': 'MS-ASAIRS_R1105',
      '14.0': 'MS-ASAIRS_R1106',
      '14.1': 'MS-ASAIRS_R1107',
      '16.0': 'MS-ASAIRS_R1108',
      '16.1': 'MS-ASAIRS_R1000973',
    },
  ],
  [
    B,
    'AirSyncBase:Data',
    {
      '12.1': 'MS-ASAIRS_R1130',
      '14.0': 'MS-ASAIRS_R1131',
      '14.1': 'MS-ASAIRS_R1132',
      '16.0': 'MS-ASAIRS_R1133',
      '16.1': 'MS-ASAIRS_R1000981',
    },
  ],
  [P, 'AirSyncBase:Data', { '14.1': 'MS-ASAIRS_R1136', '16.0': 'MS-ASAIRS_R1137', '16.1': 'MS-ASAIRS_R1000983' }],
  [
    A,
    'AirSyncBase:DisplayName',
    {
      '12.1': 'MS-ASAIRS_R1146',
      '14.0': 'MS-ASAIRS_R1147',
      '14.1': 'MS-ASAIRS_R1148',
      '16.0': 'MS-ASAIRS_R1149',
      '16.1': 'MS-ASAIRS_R100089',
    },
  ],
  [
    A,
    'AirSyncBase:EstimatedDataSize',
    {
      '12.1': 'MS-ASAIRS_R1150',
      '14.0': 'MS-ASAIRS_R1151',
      '14.1': 'MS-ASAIRS_R1152',
      '16.0': 'MS-ASAIRS_R1153',
      '16.1': 'MS-ASAIRS_R1000993',
    },
  ],
  [
    B,
    'AirSyncBase:EstimatedDataSize',
    {
      '12.1': 'MS-ASAIRS_R1154',
      '14.0': 'MS-ASAIRS_R1155',
      '14.1': 'MS-ASAIRS_R1156',
      '16.0': 'MS-ASAIRS_R1157',
      '16.1': 'MS-ASAIRS_R1000995',
    },
  ],
  [
    P,
    'AirSyncBase:EstimatedDataSize',
    { '14.1': 'MS-ASAIRS_R1160', '16.0': 'MS-ASAIRS_R1161', '16.1': 'MS-ASAIRS_R1000997' },
  ],
  [
    A,
    'AirSyncBase:FileReference',
    {
      '12.1': 'MS-ASAIRS_R1162',
      '14.0': 'MS-ASAIRS_R1163',
      '14.1': 'MS-ASAIRS_R1164',
      '16.0': 'MS-ASAIRS_R1165',
      '16.1': 'MS-ASAIRS_R1000999',
    },
  ],
  [
    A,
    'AirSyncBase:IsInline',
    {
      '12.1': 'MS-ASAIRS_R1189',
      '14.0': 'MS-ASAIRS_R1190',
      '14.1': 'MS-ASAIRS_R1191',
      '16.0': 'MS-ASAIRS_R1192',
      '16.1': 'MS-ASAIRS_R1001010',
    },
  ],
  [
    M,
    'AirSyncBase:Location',
    { '16.0': 'MS-ASAIRS_R1225, MS-ASEMAIL_R1311', '16.1': 'MS-ASAIRS_R1001015, MS-ASEMAIL_R13111' },
  ],
  ['AirSyncBase:Location', 'AirSyncBase:DisplayName', { '16.0': 'MS-ASAIRS_R1366', '16.1': 'MS-ASAIRS_R1000991' }],
  [
    A,
    'AirSyncBase:Method',
    {
      '12.1': 'MS-ASAIRS_R1243',
      '14.0': 'MS-ASAIRS_R1244',
      '14.1': 'MS-ASAIRS_R1245',
      '16.0': 'MS-ASAIRS_R1246',
      '16.1': 'MS-ASAIRS_R1001025',
    },
  ],
  [
    D,
    'AirSyncBase:NativeBodyType',
    {
      '12.1': 'MS-ASAIRS_R1247',
      '14.0': 'MS-ASAIRS_R1248',
      '14.1': 'MS-ASAIRS_R1249',
      '16.0': 'MS-ASAIRS_R1250',
      '16.1': 'MS-ASAIRS_R1001028',
    },
  ],
  [
    B,
    'AirSyncBase:Preview',
    { '14.0': 'MS-ASAIRS_R1262', '14.1': 'MS-ASAIRS_R1263', '16.0': 'MS-ASAIRS_R1264', '16.1': 'MS-ASAIRS_R1001039' },
  ],
  [P, 'AirSyncBase:Preview', { '14.1': 'MS-ASAIRS_R1267', '16.0': 'MS-ASAIRS_R1268', '16.1': 'MS-ASAIRS_R1001042' }],
  [P, 'AirSyncBase:Status', { '14.1': 'MS-ASAIRS_R1285', '16.0': 'MS-ASAIRS_R1286', '16.1': 'MS-ASAIRS_R1001054' }],
  [
    B,
    'AirSyncBase:Truncated',
    {
      '12.1': 'MS-ASAIRS_R1293',
      '14.0': 'MS-ASAIRS_R1294',
      '14.1': 'MS-ASAIRS_R1295',
      '16.0': 'MS-ASAIRS_R1296',
      '16.1': 'MS-ASAIRS_R1001059',
    },
  ],
  [P, 'AirSyncBase:Truncated', { '14.1': 'MS-ASAIRS_R1398', '16.0': 'MS-ASAIRS_R1399', '16.1': 'MS-ASAIRS_R1001062' }],
  [P, 'AirSyncBase:Type', { '14.1': 'MS-ASAIRS_R1311', '16.0': 'MS-ASAIRS_R1312', '16.1': 'MS-ASAIRS_R1001073' }],
  [M, 'Email:Location', { '12.1': '12.1', '14.0': '14.0', '14.1': '14.1' }],
  [M, 'Email:GlobalObjId', { '12.1': '12.1', '14.0': '14.0', '14.1': 'MS-ASEMAIL_R478, MS-ASEMAIL_R909' }],
  [
    M,
    'Calendar:UID',
    { '16.0': 'MS-ASEMAIL_R1253, MS-ASEMAIL_R1310, MS-ASEMAIL_R1305', '16.1': 'MS-ASEMAIL_R12540, MS-ASEMAIL_R13110' },
  ],
  [M, 'Email2:MeetingMessageType', { '14.1': 'MS-ASEMAIL_R528, MS-ASEMAIL_R911', '16.0': '16.0', '16.1': '16.1' }],
  [
    R,
    'Email2:IsLeapMonth',
    { '14.0': 'MS-ASEMAIL_R505, MS-ASEMAIL_R508', '14.1': '14.1', '16.0': '16.0', '16.1': '16.1' },
  ],
  [R, 'Email2:FirstDayOfWeek', { '14.1': 'MS-ASEMAIL_R417', '16.0': '16.0', '16.1': '16.1' }],
  [D, 'Email:Categories', { '14.0': '14.0', '14.1': '14.1', '16.0': '16.0', '16.1': '16.1' }],
  [D, 'Email2:IsDraft', { '16.0': '16.0', '16.1': '16.1' }],
  [D, 'Email2:Bcc', { '16.0': '16.0', '16.1': '16.1' }],
];

describe('versions', () => {
  for (const [parent, tag, byVersion] of SUPPORT) {
    for (const version of VERSIONS) {
      const ids = byVersion[version];
      it(`${ids ?? version}: ${nameOf(tag)} in ${nameOf(parent)} ${ids ? 'is there' : 'does not exist'} at ${version}`, () => {
        const found = (FOUND.get(`${parent}/${tag}`) ?? []).filter((it) => it.version === version);
        if (ids === undefined) expect(found).toEqual([]);
        else expect(found.length).toBeGreaterThan(0);
      });
    }
  }
});
