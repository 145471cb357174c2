// What MS-ASCMD 2.2.3 says of every element of an answer: what it is in, what is in it, its type, how many there may be.
// Checked on answers of every kind, at every version, by this table of ours; `structure.tools.test.ts` has the schemas'.
import { beforeAll, describe, expect, it } from 'vitest';
import { children, type Element, PROTOCOL_VERSIONS, type TagName } from '../../../lib/activesync/index.ts';
import { type Sample, samples } from './support/samples.ts';

type Kind = 'container' | 'string' | 'unsignedByte' | 'integer' | 'empty';

/** Of `tag` within `parent` ('': the root): its kind, what it may contain, and how often it is in one such parent. */
type Rule = readonly [
  ids: string,
  tag: TagName,
  parent: TagName | '',
  kind: Kind,
  contains: readonly string[],
  least: number,
  most: number,
];

const MANY = Number.POSITIVE_INFINITY;

// biome-ignore format: a table
const RULES: readonly Rule[] = [
  ['MS-ASCMD_R2795, MS-ASCMD_R2796, MS-ASCMD_R2797, MS-ASCMD_R2798', 'AirSync:Sync', '', 'container', ['Status', 'Limit', 'Collections'], 1, 1],
  ['MS-ASCMD_R5585, MS-ASCMD_R5586, MS-ASCMD_R5587, MS-ASCMD_R5588', 'AirSync:Status', 'AirSync:Sync', 'unsignedByte', [], 0, 1],
  ['MS-ASCMD_R1828, MS-ASCMD_R1829, MS-ASCMD_R1830, MS-ASCMD_R1831', 'AirSync:Limit', 'AirSync:Sync', 'integer', [], 0, 1],
  ['MS-ASCMD_R1415, MS-ASCMD_R1416, MS-ASCMD_R1417, MS-ASCMD_R1418', 'AirSync:Collections', 'AirSync:Sync', 'container', ['Collection'], 0, 1],
  ['MS-ASCMD_R1363, MS-ASCMD_R1364, MS-ASCMD_R1365, MS-ASCMD_R1366', 'AirSync:Collection', 'AirSync:Collections', 'container',
    ['Class', 'SyncKey', 'CollectionId', 'Status', 'MoreAvailable', 'Commands', 'Responses'], 0, MANY],
  ['MS-ASCMD_R2839, MS-ASCMD_R2840, MS-ASCMD_R2841, MS-ASCMD_R2842, MS-ASCMD_R4596', 'AirSync:SyncKey', 'AirSync:Collection', 'string', [], 1, 1],
  ['MS-ASCMD_R1400, MS-ASCMD_R1401, MS-ASCMD_R1402, MS-ASCMD_R1403, MS-ASCMD_R2033', 'AirSync:CollectionId', 'AirSync:Collection', 'string', [], 1, 1],
  ['MS-ASCMD_R4411, MS-ASCMD_R2767, MS-ASCMD_R2768, MS-ASCMD_R2769, MS-ASCMD_R2770', 'AirSync:Status', 'AirSync:Collection', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R1951, MS-ASCMD_R1952, MS-ASCMD_R1953, MS-ASCMD_R1954', 'AirSync:MoreAvailable', 'AirSync:Collection', 'empty', [], 0, 1],
  ['MS-ASCMD_R1423, MS-ASCMD_R1425, MS-ASCMD_R1426, MS-ASCMD_R1427', 'AirSync:Commands', 'AirSync:Collection', 'container', ['Add', 'Delete', 'Change', 'SoftDelete'], 0, 1],
  ['MS-ASCMD_R1039, MS-ASCMD_R1040, MS-ASCMD_R1041, MS-ASCMD_R1042', 'AirSync:Add', 'AirSync:Commands', 'container', ['ServerId', 'ApplicationData'], 0, MANY],
  ['MS-ASCMD_R1147, MS-ASCMD_R1148, MS-ASCMD_R1149, MS-ASCMD_R1150', 'AirSync:Change', 'AirSync:Commands', 'container', ['ServerId', 'ApplicationData', 'Class'], 0, MANY],
  ['MS-ASCMD_R1490, MS-ASCMD_R1491, MS-ASCMD_R1492, MS-ASCMD_R1493', 'AirSync:Delete', 'AirSync:Commands', 'container', ['ServerId', 'Class'], 0, MANY],
  ['MS-ASCMD_R2655, MS-ASCMD_R2656, MS-ASCMD_R2657, MS-ASCMD_R2658', 'AirSync:SoftDelete', 'AirSync:Commands', 'container', ['ServerId'], 0, MANY],
  ['MS-ASCMD_R1059, MS-ASCMD_R1061, MS-ASCMD_R1062', 'AirSync:ApplicationData', 'AirSync:Add', 'container', ['*'], 0, 1],
  ['MS-ASCMD_R1059, MS-ASCMD_R1061, MS-ASCMD_R1062', 'AirSync:ApplicationData', 'AirSync:Change', 'container', ['*'], 0, 1],
  ['MS-ASCMD_R1063, MS-ASCMD_R1065', 'AirSync:ApplicationData', 'AirSync:Fetch', 'container', ['*'], 0, 1],
  ['MS-ASCMD_R2504, MS-ASCMD_R2506, MS-ASCMD_R2507, MS-ASCMD_R3836', 'AirSync:Responses', 'AirSync:Collection', 'container', ['Add', 'Fetch', 'Change', 'Delete'], 0, 1],
  ['MS-ASCMD_R1043, MS-ASCMD_R1044, MS-ASCMD_R1045, MS-ASCMD_R1046', 'AirSync:Add', 'AirSync:Responses', 'container', ['ServerId', 'ClientId', 'Class', 'Status'], 0, MANY],
  ['MS-ASCMD_R1151, MS-ASCMD_R1152, MS-ASCMD_R1153, MS-ASCMD_R1154', 'AirSync:Change', 'AirSync:Responses', 'container', ['ServerId', 'Class', 'Status'], 0, MANY],
  ['MS-ASCMD_R1659, MS-ASCMD_R1660, MS-ASCMD_R1661, MS-ASCMD_R1662', 'AirSync:Fetch', 'AirSync:Responses', 'container', ['ServerId', 'Status', 'ApplicationData'], 0, MANY],
  ['MS-ASCMD_R1347, MS-ASCMD_R1348, MS-ASCMD_R1349', 'AirSync:ClientId', 'AirSync:Add', 'string', [], 0, 1],
  ['MS-ASCMD_R2605, MS-ASCMD_R2606, MS-ASCMD_R2607, MS-ASCMD_R2608', 'AirSync:ServerId', 'AirSync:SoftDelete', 'string', [], 1, 1],
  ['MS-ASCMD_R2605, MS-ASCMD_R2606, MS-ASCMD_R2607, MS-ASCMD_R2608', 'AirSync:ServerId', 'AirSync:Delete', 'string', [], 1, 1],
  ['MS-ASCMD_R5572, MS-ASCMD_R5573, MS-ASCMD_R5574, MS-ASCMD_R5575', 'AirSync:ServerId', 'AirSync:Fetch', 'string', [], 0, 1],
  ['MS-ASCMD_R2767, MS-ASCMD_R2769, MS-ASCMD_R2770', 'AirSync:Status', 'AirSync:Fetch', 'unsignedByte', [], 1, 1],

  ['MS-ASCMD_R1715, MS-ASCMD_R1716, MS-ASCMD_R1717, MS-ASCMD_R1718, MS-ASCMD_R3096', 'FolderHierarchy:FolderSync', '', 'container', ['Status', 'SyncKey', 'Changes'], 1, 1],
  ['MS-ASCMD_R2703, MS-ASCMD_R2704, MS-ASCMD_R2705, MS-ASCMD_R2706, MS-ASCMD_R4066', 'FolderHierarchy:Status', 'FolderHierarchy:FolderSync', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R2827, MS-ASCMD_R2828, MS-ASCMD_R2829, MS-ASCMD_R2830', 'FolderHierarchy:SyncKey', 'FolderHierarchy:FolderSync', 'string', [], 0, 1],
  ['MS-ASCMD_R1155, MS-ASCMD_R1156, MS-ASCMD_R1157, MS-ASCMD_R1158', 'FolderHierarchy:Changes', 'FolderHierarchy:FolderSync', 'container', ['Count', 'Update', 'Delete', 'Add'], 0, 1],
  ['MS-ASCMD_R1454, MS-ASCMD_R1455, MS-ASCMD_R1456, MS-ASCMD_R1457', 'FolderHierarchy:Count', 'FolderHierarchy:Changes', 'integer', [], 0, 1],
  ['MS-ASCMD_R1031, MS-ASCMD_R1032, MS-ASCMD_R1033, MS-ASCMD_R1034', 'FolderHierarchy:Add', 'FolderHierarchy:Changes', 'container', ['ServerId', 'ParentId', 'DisplayName', 'Type'], 0, MANY],
  ['MS-ASCMD_R2879, MS-ASCMD_R2880, MS-ASCMD_R2881, MS-ASCMD_R2882', 'FolderHierarchy:Update', 'FolderHierarchy:Changes', 'container', ['ServerId', 'ParentId', 'DisplayName', 'Type'], 0, MANY],
  ['MS-ASCMD_R1482, MS-ASCMD_R1483, MS-ASCMD_R1484, MS-ASCMD_R1485', 'FolderHierarchy:Delete', 'FolderHierarchy:Changes', 'container', ['ServerId'], 0, MANY],
  ['MS-ASCMD_R2585, MS-ASCMD_R2586, MS-ASCMD_R2587, MS-ASCMD_R2588, MS-ASCMD_R3911, MS-ASCMD_R3916', 'FolderHierarchy:ServerId', 'FolderHierarchy:Add', 'string', [], 1, 1],
  ['MS-ASCMD_R2577, MS-ASCMD_R2578, MS-ASCMD_R2579, MS-ASCMD_R2580, MS-ASCMD_R3911, MS-ASCMD_R3916', 'FolderHierarchy:ServerId', 'FolderHierarchy:Update', 'string', [], 1, 1],
  ['MS-ASCMD_R2581, MS-ASCMD_R2582, MS-ASCMD_R2583, MS-ASCMD_R2584, MS-ASCMD_R3911, MS-ASCMD_R3916', 'FolderHierarchy:ServerId', 'FolderHierarchy:Delete', 'string', [], 1, 1],
  ['MS-ASCMD_R2336, MS-ASCMD_R2337, MS-ASCMD_R2338, MS-ASCMD_R2339, MS-ASCMD_R5884, MS-ASCMD_R5885', 'FolderHierarchy:ParentId', 'FolderHierarchy:Add', 'string', [], 1, 1],
  ['MS-ASCMD_R2332, MS-ASCMD_R2333, MS-ASCMD_R2334, MS-ASCMD_R2335, MS-ASCMD_R3622, MS-ASCMD_R3625', 'FolderHierarchy:ParentId', 'FolderHierarchy:Update', 'string', [], 1, 1],
  ['MS-ASCMD_R1539, MS-ASCMD_R1540, MS-ASCMD_R1541, MS-ASCMD_R1542', 'FolderHierarchy:DisplayName', 'FolderHierarchy:Add', 'string', [], 1, 1],
  ['MS-ASCMD_R1530, MS-ASCMD_R1531, MS-ASCMD_R1532, MS-ASCMD_R1533', 'FolderHierarchy:DisplayName', 'FolderHierarchy:Update', 'string', [], 1, 1],
  ['MS-ASCMD_R2871, MS-ASCMD_R2872, MS-ASCMD_R2873, MS-ASCMD_R2874, MS-ASCMD_R4663, MS-ASCMD_R4665', 'FolderHierarchy:Type', 'FolderHierarchy:Add', 'integer', [], 1, 1],
  ['MS-ASCMD_R2867, MS-ASCMD_R2868, MS-ASCMD_R2869, MS-ASCMD_R2870, MS-ASCMD_R4663, MS-ASCMD_R4665', 'FolderHierarchy:Type', 'FolderHierarchy:Update', 'integer', [], 1, 1],

  ['MS-ASCMD_R1683, MS-ASCMD_R1684, MS-ASCMD_R1685, MS-ASCMD_R1686, MS-ASCMD_R3084', 'FolderHierarchy:FolderCreate', '', 'container', ['Status', 'SyncKey', 'ServerId'], 1, 1],
  ['MS-ASCMD_R2695, MS-ASCMD_R2696, MS-ASCMD_R2697, MS-ASCMD_R2698, MS-ASCMD_R4005', 'FolderHierarchy:Status', 'FolderHierarchy:FolderCreate', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R2803, MS-ASCMD_R2804, MS-ASCMD_R2805, MS-ASCMD_R2806', 'FolderHierarchy:SyncKey', 'FolderHierarchy:FolderCreate', 'string', [], 0, 1],
  ['MS-ASCMD_R2569, MS-ASCMD_R2570, MS-ASCMD_R2571, MS-ASCMD_R2572, MS-ASCMD_R5872', 'FolderHierarchy:ServerId', 'FolderHierarchy:FolderCreate', 'string', [], 0, 1],
  ['MS-ASCMD_R1691, MS-ASCMD_R1692, MS-ASCMD_R1693, MS-ASCMD_R1694, MS-ASCMD_R3087', 'FolderHierarchy:FolderDelete', '', 'container', ['Status', 'SyncKey'], 1, 1],
  ['MS-ASCMD_R2699, MS-ASCMD_R2700, MS-ASCMD_R2701, MS-ASCMD_R2702, MS-ASCMD_R4039', 'FolderHierarchy:Status', 'FolderHierarchy:FolderDelete', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R2811, MS-ASCMD_R2812, MS-ASCMD_R2813, MS-ASCMD_R2814', 'FolderHierarchy:SyncKey', 'FolderHierarchy:FolderDelete', 'string', [], 0, 1],
  ['MS-ASCMD_R1723, MS-ASCMD_R1724, MS-ASCMD_R1725, MS-ASCMD_R1726, MS-ASCMD_R3099', 'FolderHierarchy:FolderUpdate', '', 'container', ['Status', 'SyncKey'], 1, 1],
  ['MS-ASCMD_R2707, MS-ASCMD_R2708, MS-ASCMD_R2710, MS-ASCMD_R4094', 'FolderHierarchy:Status', 'FolderHierarchy:FolderUpdate', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R2819, MS-ASCMD_R2820, MS-ASCMD_R2821, MS-ASCMD_R2822', 'FolderHierarchy:SyncKey', 'FolderHierarchy:FolderUpdate', 'string', [], 0, 1],

  ['MS-ASCMD_R2388, MS-ASCMD_R2389, MS-ASCMD_R2390, MS-ASCMD_R2391, MS-ASCMD_R3676', 'Ping:Ping', '', 'container', ['Status', 'Folders', 'MaxFolders', 'HeartbeatInterval'], 1, 1],
  ['MS-ASCMD_R2739, MS-ASCMD_R2740, MS-ASCMD_R2741, MS-ASCMD_R2742, MS-ASCMD_R4227', 'Ping:Status', 'Ping:Ping', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R1707, MS-ASCMD_R1708, MS-ASCMD_R1709, MS-ASCMD_R1710', 'Ping:Folders', 'Ping:Ping', 'container', ['Folder'], 0, 1],
  ['MS-ASCMD_R1675, MS-ASCMD_R1676, MS-ASCMD_R1677, MS-ASCMD_R1678, MS-ASCMD_R3082', 'Ping:Folder', 'Ping:Folders', 'string', [], 1, MANY],
  ['MS-ASCMD_R1780, MS-ASCMD_R1781, MS-ASCMD_R1782, MS-ASCMD_R1783', 'Ping:HeartbeatInterval', 'Ping:Ping', 'integer', [], 0, 1],

  ['MS-ASCMD_R1768, MS-ASCMD_R1769, MS-ASCMD_R1770, MS-ASCMD_R1771, MS-ASCMD_R3130', 'GetItemEstimate:GetItemEstimate', '', 'container', ['Status', 'Response'], 1, 1],
  ['MS-ASCMD_R2711, MS-ASCMD_R2712, MS-ASCMD_R2713, MS-ASCMD_R2714', 'GetItemEstimate:Status', 'GetItemEstimate:GetItemEstimate', 'unsignedByte', [], 0, 1],
  ['MS-ASCMD_R2483, MS-ASCMD_R2484, MS-ASCMD_R2485', 'GetItemEstimate:Response', 'GetItemEstimate:GetItemEstimate', 'container', ['Status', 'Collection'], 0, MANY],
  ['MS-ASCMD_R5577, MS-ASCMD_R5578, MS-ASCMD_R5579, MS-ASCMD_R5580, MS-ASCMD_R4127', 'GetItemEstimate:Status', 'GetItemEstimate:Response', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R1355, MS-ASCMD_R1356, MS-ASCMD_R1357, MS-ASCMD_R1358', 'GetItemEstimate:Collection', 'GetItemEstimate:Response', 'container', ['Class', 'CollectionId', 'Estimate'], 0, 1],
  ['MS-ASCMD_R1371, MS-ASCMD_R1372, MS-ASCMD_R1373, MS-ASCMD_R1374', 'GetItemEstimate:CollectionId', 'GetItemEstimate:Collection', 'string', [], 1, 1],
  ['MS-ASCMD_R1643, MS-ASCMD_R1644, MS-ASCMD_R1645', 'GetItemEstimate:Estimate', 'GetItemEstimate:Collection', 'integer', [], 0, 1],

  ['MS-ASCMD_R1975, MS-ASCMD_R1976, MS-ASCMD_R1977, MS-ASCMD_R1978, MS-ASCMD_R3476', 'Move:MoveItems', '', 'container', ['Status', 'Response'], 1, 1],
  ['MS-ASCMD_R2492, MS-ASCMD_R2493, MS-ASCMD_R2494', 'Move:Response', 'Move:MoveItems', 'container', ['SrcMsgId', 'Status', 'DstMsgId'], 0, MANY],
  ['MS-ASCMD_R2675, MS-ASCMD_R2676, MS-ASCMD_R2677, MS-ASCMD_R2678', 'Move:SrcMsgId', 'Move:Response', 'string', [], 1, 1],
  ['MS-ASCMD_R2735, MS-ASCMD_R2737, MS-ASCMD_R2738, MS-ASCMD_R4200', 'Move:Status', 'Move:Response', 'unsignedByte', [], 1, 1],
  ['MS-ASCMD_R1571, MS-ASCMD_R1572, MS-ASCMD_R1573, MS-ASCMD_R1574', 'Move:DstMsgId', 'Move:Response', 'string', [], 0, 1],
];

interface Place {
  readonly element: Element | undefined;
  /** Elements with the rule's tag right below. */
  readonly found: readonly Element[];
}

/** Every place where the rule's parent is, with what is there of the rule's tag. */
function places(root: Element, tag: TagName, parent: TagName | ''): readonly Place[] {
  if (parent === '') return [{ element: undefined, found: root.tag === tag ? [root] : [] }];
  const all: Place[] = [];
  const visit = (it: Element): void => {
    if (it.tag === parent) all.push({ element: it, found: children(it, tag) });
    children(it).forEach(visit);
  };
  visit(root);
  return all;
}

const localName = (tag: string) => tag.split(':')[1];

function check(it: Element, kind: Kind, contains: readonly string[]): void {
  switch (kind) {
    case 'container':
      expect(children(it).length, `${it.tag} has children`).toBeGreaterThan(0);
      if (!contains.includes('*')) {
        for (const below of children(it)) expect(contains, it.tag).toContain(localName(below.tag));
      }
      return;
    case 'empty':
      expect(it.content).toEqual([]);
      return;
    case 'string':
      expect(it.content, it.tag).toBeTypeOf('string');
      expect((it.content as string).length, it.tag).toBeLessThanOrEqual(it.tag.endsWith('DisplayName') ? 256 : 64);
      return;
    case 'unsignedByte':
      expect(it.content, it.tag).toMatch(/^\d{1,3}$/);
      expect(Number(it.content), it.tag).toBeLessThanOrEqual(255);
      return;
    case 'integer':
      expect(it.content, it.tag).toMatch(/^\d+$/);
  }
}

describe.each(PROTOCOL_VERSIONS)('answers at %s', (version) => {
  let all: readonly Sample[] = [];
  beforeAll(async () => {
    all = await samples(version);
  });

  it.each(RULES)('%s: %s in %s', (_ids, tag, parent, kind, contains, least, most) => {
    const relevant = all.filter((it) => parent !== '' || it.document.tag === tag);
    const found = relevant.flatMap((it) => places(it.document, tag, parent));
    const occurrences = found.flatMap((it) => it.found);
    // At 12.1 an estimate that fails as a whole is an HTTP status.
    if (version === '12.1' && tag === 'GetItemEstimate:Status' && parent === 'GetItemEstimate:GetItemEstimate') {
      return expect(occurrences).toEqual([]);
    }
    expect(occurrences.length, `${tag} is among the samples`).toBeGreaterThan(0);
    for (const place of found) {
      expect(place.found.length).toBeGreaterThanOrEqual(least);
      expect(place.found.length).toBeLessThanOrEqual(most);
    }
    for (const it of occurrences) check(it, kind, contains);
  });

  it('MS-ASCMD_R4420, MS-ASCMD_R4008, MS-ASCMD_R4042, MS-ASCMD_R4071, MS-ASCMD_R4097, MS-ASCMD_R4131, MS-ASCMD_R4203, MS-ASCMD_R4231: bear statuses of their command', () => {
    const statuses: Readonly<Record<string, readonly number[]>> = {
      Sync: [1, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16],
      FolderCreate: [1, 2, 3, 5, 6, 9, 10, 11, 12],
      FolderDelete: [1, 3, 4, 6, 9, 10, 11],
      FolderSync: [1, 6, 9, 10, 11, 12],
      FolderUpdate: [1, 2, 3, 4, 5, 6, 9, 10, 11],
      GetItemEstimate: [1, 2, 3, 4, 103],
      MoveItems: [1, 2, 3, 4, 5, 7, 103],
      Ping: [1, 2, 3, 4, 5, 6, 7, 8],
    };
    for (const { name, command, document } of all) {
      const visit = (it: Element): void => {
        if (it.tag.endsWith(':Status') && !it.tag.startsWith('Email')) {
          expect(statuses[command], name).toContain(Number(it.content));
        }
        children(it).forEach(visit);
      };
      visit(document);
    }
  });

  it('have a Class in a collection at 12.1 alone', () => {
    const classes = all.flatMap((it) => places(it.document, 'AirSync:Class', 'AirSync:Collection'));
    for (const { found } of classes) expect(found).toHaveLength(version === '12.1' ? 1 : 0);
  });
});
