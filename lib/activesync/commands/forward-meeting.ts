/**
 * SmartForward of what is in the calendar: the event as a message, to be added to what the device wrote, or sent by itself to those
 * whom it names (Forwardees, 16.x).
 */
import { composeMeetingMessage, ItemError, type MeetingToForward, meetingToForward } from '../items/index.ts';
import { CommonStatus, type ProtocolVersion } from '../protocol/index.ts';
import { type SyncItem, textOfResource } from '../../sync/index.ts';
import type { CommandContext } from './command.ts';

/** The event, or the occurrence of it; else the common status that refuses. */
export async function readMeeting(
  item: SyncItem,
  instance: Date | undefined,
  { version, now }: { readonly version: ProtocolVersion; readonly now: Date },
  { user, log }: CommandContext,
): Promise<MeetingToForward | number> {
  const fetched = (await user.fetch([item], () => [{ path: '' }])).get(item.serverId);
  if (!fetched) return CommonStatus.itemNotFound;
  const { account } = user;
  try {
    const meeting = meetingToForward(textOfResource(fetched), instance, { version, account, zone: account.zone, now });
    if (meeting === 'no-series') return CommonStatus.noRecurrenceInCalendar;
    return meeting ?? CommonStatus.itemNotFound;
  } catch (error) {
    if (!(error instanceof ItemError)) throw error;
    log.warn({ item: item.serverId, error }, 'An event cannot be forwarded');
    return CommonStatus.itemNotFound;
  }
}

/** As if its organizer had sent it. */
export function asMessage(
  { message, organizer }: MeetingToForward,
  now: Date,
  { user: { account } }: CommandContext,
): Promise<Uint8Array> {
  const from = organizer === undefined ? account : { user: organizer, addresses: [organizer] };
  return composeMeetingMessage({ ...message, recipients: [] }, { account: from, now });
}

/** By the user, with his own words in the place of the description. */
export const invitationFor = (
  { message }: MeetingToForward,
  { recipients, text }: { readonly recipients: readonly string[]; readonly text: string },
  now: Date,
  { user: { account } }: CommandContext,
): Promise<Uint8Array> =>
  composeMeetingMessage(
    { ...message, recipients, subject: `FW: ${message.subject}`.trim(), text: text || message.text },
    { account, now },
  );
