/** Users' devices, for people. */
import type { DeviceDetail, DeviceEntry } from '../../administration/index.ts';
import { ago } from '../pool/ago.ts';
import { table } from '../table.ts';

const WIPES = { none: '', pending: 'ordered', sent: 'told', done: 'wiped' } as const;

const wipeOf = ({ wipe, wipes }: DeviceEntry): string =>
  `${WIPES[wipe]}${wipes === 'account' ? ' (account)' : ''}`.trim();

/** With the users' names where they are several. */
export function devicesTable(devices: readonly DeviceEntry[], now: number, hasUsers: boolean): string {
  const headings = ['DEVICE', 'TYPE', 'MODEL', 'VERSION', 'ACCESS', 'WIPE', 'LAST SEEN'];
  const rows = devices.map((it) => [
    ...(hasUsers ? [it.user] : []),
    it.id,
    it.type,
    it.model ?? '',
    it.protocolVersion ?? '',
    it.access,
    wipeOf(it),
    ago(it.lastSeen, now),
  ]);
  return table(hasUsers ? ['USER', ...headings] : headings, rows);
}

export function deviceLines(device: DeviceDetail, now: number): string {
  const { user, id, type, protocolVersion, userAgent, hasPolicy, hasRecoveryPassword } = device;
  const facts: readonly (readonly [string, string])[] = [
    ['type', type],
    ['version', protocolVersion ?? ''],
    ['user agent', userAgent ?? ''],
    ...Object.entries(device.information).map(([name, value]) => [name, value] as const),
    ['access', device.access],
    ['wipe', wipeOf(device)],
    ['policy', hasPolicy ? 'acknowledged' : 'not acknowledged'],
    ['recovery password', hasRecoveryPassword ? 'left here' : ''],
    ['first seen', ago(device.firstSeen, now)],
    ['last seen', ago(device.lastSeen, now)],
  ];
  const shown = facts.filter(([, value]) => value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  const collections = device.collections.map((it) => [it.id, it.name ?? '(gone)', it.itemClass ?? '']);
  const kept = device.keptBack.map((it) => [it.serverId, it.cause, String(it.times), ago(it.last, now), it.why ?? '']);
  return [
    `${id} of ${user}`,
    ...shown.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    collections.length === 0 ? 'It syncs nothing yet.' : table(['COLLECTION', 'NAME', 'CLASS'], collections),
    ...(kept.length === 0 ? [] : ['', 'Kept from it:', table(['ITEM', 'CAUSE', 'TIMES', 'LAST', 'WHY'], kept)]),
  ].join('\n');
}
