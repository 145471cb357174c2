/** Messages as a person reads them in a list. */
import { type DeviceItem, itemText } from '../../activesync/client/index.ts';

export interface MailLine {
  readonly serverId: string;
  readonly received: string | undefined;
  readonly from: string | undefined;
  readonly subject: string | undefined;
  readonly read: boolean;
}

export function mailLine(item: DeviceItem): MailLine {
  return {
    serverId: item.serverId,
    received: itemText(item, 'Email:DateReceived'),
    from: itemText(item, 'Email:From'),
    subject: itemText(item, 'Email:Subject'),
    read: itemText(item, 'Email:Read') === '1',
  };
}

/** Newest first. */
export const byDate = (a: MailLine, b: MailLine): number => (b.received ?? '').localeCompare(a.received ?? '');

const FROM_WIDTH = 28;

export function showMail({ received, from, subject, read }: MailLine): string {
  const when = (received ?? '').slice(0, 16).replace('T', ' ').padEnd(16);
  const who = (from ?? '').replace(/\s*<[^>]*>$/, '').replaceAll('"', '');
  return `${read ? ' ' : '•'} ${when}  ${who.slice(0, FROM_WIDTH).padEnd(FROM_WIDTH)}  ${subject ?? '(no subject)'}`;
}
