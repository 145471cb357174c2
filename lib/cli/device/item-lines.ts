/** Events, contacts, tasks and notes as a person reads them in a list. */
import { type DeviceItem, itemText, itemTextIn } from '../../activesync/client/index.ts';

export interface ItemLine {
  readonly serverId: string;
  /** When it is or is due; undefined for what is on no day. */
  readonly when: string | undefined;
  readonly what: string;
  /** Place, address, what is done. */
  readonly more: string | undefined;
}

const LINES: Readonly<Record<string, (item: DeviceItem) => Omit<ItemLine, 'serverId'>>> = {
  Calendar: (item) => ({
    when: itemText(item, 'Calendar:StartTime'),
    what: itemText(item, 'Calendar:Subject') ?? '',
    more: [
      itemText(item, 'Calendar:Location') ?? itemTextIn(item, 'AirSyncBase:Location', 'AirSyncBase:DisplayName'),
      item.data['Calendar:Recurrence'] && 'recurs',
    ]
      .filter(Boolean)
      .join(', '),
  }),
  Contacts: (item) => ({
    when: undefined,
    what:
      itemText(item, 'Contacts:FileAs') ??
      [itemText(item, 'Contacts:FirstName'), itemText(item, 'Contacts:LastName')].filter(Boolean).join(' '),
    more: itemText(item, 'Contacts:Email1Address') ?? itemText(item, 'Contacts:MobilePhoneNumber'),
  }),
  Tasks: (item) => ({
    when: itemText(item, 'Tasks:DueDate'),
    what: itemText(item, 'Tasks:Subject') ?? '',
    more: itemText(item, 'Tasks:Complete') === '1' ? 'done' : undefined,
  }),
  Notes: (item) => ({
    when: itemText(item, 'Notes:LastModifiedDate'),
    what: itemText(item, 'Notes:Subject') ?? '',
    more: undefined,
  }),
};

export function itemLine(item: DeviceItem, itemClass: string): ItemLine {
  const line = LINES[itemClass]?.(item) ?? { when: undefined, what: '', more: undefined };
  return { serverId: item.serverId, ...line };
}

/** By day, and those on no day by name. */
export const byDay = (a: ItemLine, b: ItemLine): number =>
  (a.when ?? '').localeCompare(b.when ?? '') || a.what.localeCompare(b.what);

export function showItem({ when, what, more }: ItemLine): string {
  const day = when === undefined ? '' : `${readable(when)}  `;
  return `  ${day}${what || '(no name)'}${more ? `  ${more}` : ''}`;
}

/** Of both forms of dates: `2026-11-24 10:00`. */
function readable(date: string): string {
  const match = /^(\d{4})-?(\d{2})-?(\d{2})T(\d{2}):?(\d{2})/.exec(date);
  return match ? `${match[1]}-${match[2]}-${match[3]} ${match[4]}:${match[5]}` : date.padEnd(16);
}
