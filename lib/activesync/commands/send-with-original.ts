/** SmartReply and SmartForward: the original is fetched, added to what the device wrote, and marked once that is sent. */
import { reasonOf } from '../../platform/index.ts';
import type { SyncItem } from '../../sync/index.ts';
import { composeMessage, type MeetingToForward } from '../items/index.ts';
import { CommonStatus } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { type MessageSource, readComposeRequest } from './compose-request.ts';
import { asMessage, invitationFor, readMeeting } from './forward-meeting.ts';
import { composeRefusal, sendComposed, sentAnswer } from './send-composed.ts';

/** A header that is longer is cut: the Date stands at its beginning. */
const HEADER_LIMIT_BYTES = 64 * 1024;

const MARKS = { reply: '\\Answered', forward: '$Forwarded' } as const;

export async function sendWithOriginal(
  kind: 'reply' | 'forward',
  request: CommandRequest,
  context: CommandContext,
): Promise<Answer> {
  const compose = readComposeRequest(request);
  if (typeof compose === 'number') return composeRefusal(request, compose);
  if (compose.source === undefined) return composeRefusal(request, CommonStatus.invalidXml);
  const { user, clock, log } = context;

  const { message, replaceMime, source, forwardees } = compose;
  const now = writtenAt(message) ?? new Date(clock.now());
  const item = await sourceItem(source, context);
  const meeting =
    item?.folder.itemClass === 'Calendar'
      ? await readMeeting(item, source.instance, { version: request.version, now }, context)
      : undefined;
  const original = await originalOf(item, meeting, now, source, context);
  if (!item || typeof original === 'number') {
    // Moved or deleted since it was answered, and the answer to that was lost.
    const wasSent = await context.outbox.wasSent(user.lease, context.device.deviceId, compose.clientId);
    // R4930
    return wasSent
      ? sentAnswer
      : composeRefusal(request, typeof original === 'number' ? original : CommonStatus.itemNotFound);
  }
  // R7177
  if (forwardees && typeof meeting !== 'object')
    return composeRefusal(request, CommonStatus.invalidSmartForwardParameters);

  let composed: Uint8Array;
  try {
    composed =
      forwardees && typeof meeting === 'object'
        ? await invitationFor(meeting, forwardees, now, context)
        : await composeMessage({ kind, message, original, replaceMime, now });
  } catch (error) {
    log.warn({ command: request.command, item: item.serverId, error }, 'The original cannot be added to a message');
    return composeRefusal(request, kind === 'reply' ? CommonStatus.messageReplyFailed : CommonStatus.invalidMime);
  }
  const refused = await sendComposed(compose, composed, request, context);
  if (refused) return refused;
  if (!meeting) await mark(item, MARKS[kind], context);
  return sentAnswer;
}

/** Mail and events: nothing else can be sent on. */
async function sourceItem(source: MessageSource, { user }: CommandContext): Promise<SyncItem | undefined> {
  const found = await user.item(source.serverId);
  const item = found && ['Email', 'Calendar'].includes(found.folder.itemClass) ? found : undefined;
  const isThere = source.collectionId === undefined || item?.folder.id === source.collectionId;
  return isThere ? item : undefined;
}

/** The raw message, or the event as one; else the common status that refuses. */
async function originalOf(
  item: SyncItem | undefined,
  meeting: MeetingToForward | number | undefined,
  now: Date,
  { instance }: MessageSource,
  context: CommandContext,
): Promise<Uint8Array | number> {
  if (meeting !== undefined) return typeof meeting === 'number' ? meeting : asMessage(meeting, now, context);
  // What is mail has no occurrences.
  if (instance) return CommonStatus.noRecurrenceInCalendar;
  const fetched = item && (await context.user.fetch([item], () => [{ path: '' }])).get(item.serverId);
  return fetched?.parts.get('')?.bytes ?? CommonStatus.itemNotFound;
}

/** The message is on its way: that its original cannot be marked must not make the device send it again. */
async function mark(item: SyncItem, flag: string, { user, log }: CommandContext): Promise<void> {
  if (!flag.startsWith('\\') && !user.mailbox.capabilities.hasKeywords) return;
  try {
    await user.updateFlags([item], { add: [flag] });
  } catch (error) {
    log.warn({ item: item.serverId, flag, reason: reasonOf(error) }, 'The original of a sent message was not marked');
  }
}

/**
 * The Date of the device's message: what is composed with it is the same each time, so that the outbox knows it again when
 * a device repeats it under another ClientId.
 */
function writtenAt(message: Uint8Array): Date | undefined {
  const [header = ''] = Buffer.from(message.subarray(0, HEADER_LIMIT_BYTES))
    .toString('latin1')
    .split(/\r?\n\r?\n/, 1);
  const time = Date.parse(/^date:[ \t]*(.{1,200})/im.exec(header)?.[1]?.replace(/\([^)]*\)/g, '') ?? '');
  return Number.isNaN(time) ? undefined : new Date(time);
}
