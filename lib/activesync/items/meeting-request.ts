/** Email:MeetingRequest (MS-ASEMAIL 2.2.2.48): what a device shows of an invitation, and answers. */
import { atLeast, type Element, element, type ProtocolVersion } from '../protocol/index.ts';
import { formatAddress } from './addresses.ts';
import { dateTime } from './date-time.ts';
import { globalObjectId } from './global-object-id.ts';
import type { Invitation } from './invitation.ts';
import { recurrencesElement } from './recurrence/email-recurrences.ts';
import { timeZoneBlob } from './zones/time-zone.ts';
import { cutText } from './xml-text.ts';

const LOCATION_LIMIT = 32_768;
/** unsignedShort */
const REMINDER_LIMIT_SECONDS = 65_535;
const MINUTE_MS = 60_000;

/** InstanceType (MS-ASEMAIL 2.2.2.39) */
const SINGLE = 0;
const SERIES = 1;
const EXCEPTION = 3;

/** MeetingMessageType (MS-ASEMAIL 2.2.2.47) */
const UNSPECIFIED = 0;
const INITIAL = 1;
const FULL_UPDATE = 2;

const SENSITIVITIES: Readonly<Record<string, number>> = { PUBLIC: 0, PERSONAL: 1, PRIVATE: 2, CONFIDENTIAL: 3 };
const BUSY_STATUSES: Readonly<Record<string, number>> = { FREE: 0, TENTATIVE: 1, BUSY: 2, OOF: 3, WORKINGELSEWHERE: 4 };
const BUSY = 2;

/** Undefined for what cannot be answered: answers themselves, and calendars that are only published. */
export function meetingRequestElement(it: Invitation, version: ProtocolVersion, receivedAt: Date): Element | undefined {
  const isRequest = it.method === 'REQUEST';
  if (!isRequest && it.method !== 'CANCEL') return undefined;
  const is16 = atLeast(version, '16.0');
  const recurrences = it.recurrenceId ? undefined : recurrencesElement(it, version);
  const location = it.location && cutText(it.location, LOCATION_LIMIT);
  const proposals = atLeast(version, '14.0') && element('Email:DisallowNewTimeProposal', it.disallowsCounter ? 1 : 0);
  const kind =
    atLeast(version, '14.1') &&
    element('Email2:MeetingMessageType', !isRequest ? UNSPECIFIED : it.sequence > 0 ? FULL_UPDATE : INITIAL);
  return element(
    'Email:MeetingRequest',
    element('Email:AllDayEvent', it.isAllDay ? 1 : 0),
    element('Email:StartTime', dateTime(it.start)),
    element('Email:DtStamp', dateTime(it.stamp ?? receivedAt)),
    element('Email:EndTime', dateTime(it.end)),
    element('Email:InstanceType', it.recurrenceId ? EXCEPTION : recurrences ? SERIES : SINGLE),
    !!location && !is16 && element('Email:Location', location),
    !!location && is16 && element('AirSyncBase:Location', element('AirSyncBase:DisplayName', location)),
    it.organizer && element('Email:Organizer', formatAddress(it.organizer)),
    it.recurrenceId && element('Email:RecurrenceId', dateTime(it.recurrenceId)),
    it.reminderSeconds !== undefined && element('Email:Reminder', Math.min(REMINDER_LIMIT_SECONDS, it.reminderSeconds)),
    element('Email:ResponseRequested', isRequest && it.responseRequested ? 1 : 0),
    recurrences,
    element('Email:Sensitivity', SENSITIVITIES[it.classification] ?? 0),
    element('Email:BusyStatus', BUSY_STATUSES[it.busyStatus] ?? BUSY),
    element('Email:TimeZone', timeZoneBlob(it.zone.offsets, it.start.getUTCFullYear(), it.zone.name)),
    !is16 && element('Email:GlobalObjId', globalObjectId(it.uid, instanceOf(it))),
    proposals,
    kind,
    is16 && element('Calendar:UID', it.uid),
  );
}

/** The day of an exception in the organizer's zone. */
function instanceOf({ recurrenceId, zone }: Invitation): { year: number; month: number; day: number } | undefined {
  if (!recurrenceId) return undefined;
  const local = new Date(recurrenceId.getTime() + zone.offsets(recurrenceId.getTime()) * MINUTE_MS);
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}
