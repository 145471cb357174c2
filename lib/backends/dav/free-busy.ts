/** When somebody of the organisation is busy, as the calendar server tells whoever may schedule (RFC 6638 section 5). */
import { XMLParser } from 'fast-xml-parser';
import ICAL from 'ical.js';
import type { BusyTime } from '../backend.ts';
import type { DavConnection } from './connection.ts';

export interface Scheduling {
  /** Where requests go. */
  readonly outbox: string;
  /** Of who asks, as the server knows them: `mailto:ada@example.org`. */
  readonly address: string;
}

const KINDS: Readonly<Record<string, BusyTime['kind']>> = {
  BUSY: 'busy',
  'BUSY-UNAVAILABLE': 'away',
  'BUSY-TENTATIVE': 'tentative',
};

/** What may stand in a header and in a property as it is; a device may name anybody. */
const ADDRESS = /^[!#-+\--9=?A-~]+@[!#-+\--9=?A-~]+$/;

/** Undefined: the server does not know, or does not say; or that is no address. */
export async function askFreeBusy(
  connection: DavConnection,
  { outbox, address }: Scheduling,
  asked: { readonly recipient: string; readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
): Promise<readonly BusyTime[] | undefined> {
  if (!ADDRESS.test(asked.recipient)) return undefined;
  const recipient = `mailto:${asked.recipient}`;
  const response = await connection.fetch(outbox, {
    method: 'POST',
    headers: {
      'content-type': 'text/calendar; charset=utf-8; component=VFREEBUSY; method=REQUEST',
      originator: address,
      recipient,
    },
    body: requestText(address, recipient, asked),
  });
  const text = await response.text();
  return response.ok ? busyIn(text) : undefined;
}

function requestText(
  organizer: string,
  attendee: string,
  { fromMs, toMs, nowMs }: { readonly fromMs: number; readonly toMs: number; readonly nowMs: number },
): string {
  const stamp = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '');
  return [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Caravan//EN',
    'METHOD:REQUEST',
    'BEGIN:VFREEBUSY',
    `UID:free-busy-${stamp(nowMs)}`,
    `DTSTAMP:${stamp(nowMs)}`,
    `DTSTART:${stamp(fromMs)}`,
    `DTEND:${stamp(toMs)}`,
    `ORGANIZER:${organizer}`,
    `ATTENDEE:${attendee}`,
    'END:VFREEBUSY',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** Of a schedule-response with one recipient. */
function busyIn(xml: string): readonly BusyTime[] | undefined {
  try {
    const parsed = new XMLParser({ removeNSPrefix: true, parseTagValue: false }).parse(xml) as {
      readonly 'schedule-response'?: { readonly response?: Readonly<Record<string, unknown>> };
    };
    const { response } = parsed['schedule-response'] ?? {};
    const [status, text] = [response?.['request-status'], response?.['calendar-data']];
    if (typeof status !== 'string' || !status.startsWith('2.') || typeof text !== 'string') return undefined;
    const calendar = new ICAL.Component(ICAL.parse(text));
    return calendar.getAllSubcomponents('vfreebusy').flatMap(timesIn);
  } catch {
    return undefined;
  }
}

const timesIn = (component: ICAL.Component): BusyTime[] =>
  component.getAllProperties('freebusy').flatMap((property) => {
    const kind = KINDS[(property.getFirstParameter('fbtype') ?? 'BUSY').toUpperCase()];
    if (kind === undefined) return [];
    return property.getValues().flatMap((value) => {
      if (!(value instanceof ICAL.Period)) return [];
      return [{ fromMs: value.start.toJSDate().getTime(), toMs: value.getEnd().toJSDate().getTime(), kind }];
    });
  });
