/** Which version has which element of an e-mail. */
import { describe, expect, it } from 'vitest';
import { type ProtocolVersion, type TagName } from '../../../lib/activesync/protocol/index.ts';
import { A, B, D, M, P, R } from './shape-rules.ts';
import { FOUND, nameOf } from './shape-samples.ts';
import { VERSIONS } from './support.ts';

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
