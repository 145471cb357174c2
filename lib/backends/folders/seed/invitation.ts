/** A meeting request for tomorrow (RFC 5546). */

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

export function renderInvitation(now: Date): string {
  const midnight = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const start = midnight + DAY_MS + 14 * HOUR_MS;
  return [
    'BEGIN:VCALENDAR',
    'PRODID:-//Supplier//Calendar//EN',
    'VERSION:2.0',
    'METHOD:REQUEST',
    'BEGIN:VEVENT',
    'UID:delivery-planning@supplier.example',
    `DTSTAMP:${compact(now.getTime())}`,
    `DTSTART:${compact(start)}`,
    `DTEND:${compact(start + HOUR_MS)}`,
    'SUMMARY:Delivery planning',
    'LOCATION:Room 2\\, or by telephone',
    'DESCRIPTION:Dates for March.\\nPlease bring the list.',
    'ORGANIZER;CN="Okafor, Dave":mailto:dave.okafor@supplier.example',
    'ATTENDEE;CN=Ada Nowak;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ada@example.org',
    'ATTENDEE;CN=Bob Meyer;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:bob@example.org',
    'SEQUENCE:0',
    'STATUS:CONFIRMED',
    'TRANSP:OPAQUE',
    'BEGIN:VALARM',
    'ACTION:DISPLAY',
    'DESCRIPTION:Reminder',
    'TRIGGER:-PT15M',
    'END:VALARM',
    'END:VEVENT',
    'END:VCALENDAR',
    '',
  ].join('\r\n');
}

/** `20261123T140000Z` */
function compact(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
}
