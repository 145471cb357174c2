/** What came by mail for the calendar: changes and cancellations by organizers, and answers to them (RFC 6047). */
import { type Account, type FetchedMessage, headerFields } from '../../../backends/index.ts';
import { parseAddresses } from '../addresses.ts';
import { bodyStructure } from '../body-structure.ts';
import { addressOf, bareAddress, isOrganizer, masterOf } from '../calendar/event.ts';
import { CalendarFile } from '../icalendar/calendar-file.ts';
import { partText } from '../shown-text.ts';
import { Zones } from '../zones/zones.ts';
import { applyCancel, applyReply, applyRequest } from './receive.ts';

export interface ScheduledMessage {
  readonly method: 'REQUEST' | 'CANCEL' | 'REPLY';
  readonly uid: string;
  readonly calendar: string;
  /** Addresses of the message's From, in lower case. */
  readonly from: readonly string[];
}

const METHODS: readonly string[] = ['REQUEST', 'CANCEL', 'REPLY'];

const read = (source: string): CalendarFile => CalendarFile.read(source, 'VEVENT', new Zones());

/** Undefined for every other message. Throws ItemError. */
export function scheduledMessage(message: FetchedMessage): ScheduledMessage | undefined {
  const { calendar: part } = bodyStructure(message.structure);
  const fetched = part && message.parts.get(part.path);
  if (!part || !fetched?.complete) return undefined;
  const calendar = partText(part, fetched);
  const named = /^METHOD:\s*(\w+)/im.exec(calendar)?.[1] ?? part.parameters['method'];
  const method = named?.toUpperCase() ?? '';
  if (!METHODS.includes(method)) return undefined;
  const { uid } = read(calendar);
  const from = parseAddresses(headerFields(message.header).find(([name]) => name === 'from')?.[1]).map((it) =>
    it.address.toLowerCase(),
  );
  return uid === '' ? undefined : { method: method as ScheduledMessage['method'], uid, calendar, from };
}

/**
 * The stored event afterwards; undefined if nothing of it changes. Only organizers change and cancel their meetings, and only who
 * was asked answers: what was sent by somebody else is not applied (RFC 6047 section 3). Throws ItemError.
 */
export function applyScheduled(
  stored: string,
  { method, calendar, from }: ScheduledMessage,
  account: Account,
): string | undefined {
  const isOwn = isOrganizer(masterOf(read(stored)), account);
  const named = read(calendar).calendar.components('VEVENT');
  const senders = named.flatMap((it) => it.lines(method === 'REPLY' ? 'ATTENDEE' : 'ORGANIZER'));
  const isTheirs = senders.some((it) =>
    [addressOf(it), bareAddress(it.parameter('SENT-BY') ?? '')].some((address) => from.includes(address)),
  );
  if (!isTheirs || isOwn !== (method === 'REPLY')) return undefined;
  if (method === 'REPLY') return applyReply(stored, calendar);
  return method === 'CANCEL' ? applyCancel(stored, calendar) : applyRequest(stored, calendar, account);
}
