/**
 * What a meeting's organizer does to it on a device, told to whom he invited. From 16.0 on that is the server's to do
 * (MS-ASCMD 3.1.5.5): of the calendar's own server where it schedules by itself, else ours, by mail. Devices of older versions
 * send their invitations themselves.
 */
import { createHash } from 'node:crypto';
import { BackendError } from '../../../backends/index.ts';
import type { Announcer, SyncFolder } from '../../../sync/index.ts';
import { composeMeetingMessage, ItemError, type MeetingMessage, organizerMessages } from '../../items/index.ts';
import { atLeast, type ProtocolVersion } from '../../protocol/index.ts';
import type { CommandContext } from '../command.ts';
import { sendMessage } from '../send-message.ts';

/** Messages of meetings are nobody's in particular: which device's command they come of is in their ids. */
const SENDER = 'meetings';

export function announcerFor(
  folder: SyncFolder,
  version: ProtocolVersion,
  context: CommandContext,
): Announcer | undefined {
  const { resources } = context.user.mailbox;
  if (folder.itemClass !== 'Calendar' || !atLeast(version, '16.0') || !resources) return undefined;
  return {
    // That the server schedules by itself is known once the collection was read.
    concerns: (before, after) =>
      !resources.capabilities.schedulesItself && messagesFor(before, after, context).length > 0,
    tell: async (before, after, id) => {
      for (const message of messagesFor(before, after, context)) await send(message, id, context);
    },
  };
}

function messagesFor(
  before: string | undefined,
  after: string | undefined,
  { user, clock, log }: CommandContext,
): readonly MeetingMessage[] {
  try {
    return organizerMessages(before, after, { account: user.account, now: new Date(clock.now()) });
  } catch (thrown) {
    if (!(thrown instanceof ItemError)) throw thrown;
    log.warn({ error: thrown }, 'Nobody is told of a change of an event that cannot be read');
    return [];
  }
}

/**
 * Once for each `id` and its recipients; one who is refused does not keep it from the others. What is never taken is the organizer's loss alone: the
 * change is kept all the same.
 */
async function send(message: MeetingMessage, id: string, context: CommandContext): Promise<void> {
  const { user, clock, log } = context;
  const { recipients } = message;
  const result = await sendMessage(context, {
    deviceId: SENDER,
    clientId: clientIdOf(message, id),
    message: await composeMeetingMessage(message, { account: user.account, now: new Date(clock.now()) }),
    saveInSent: true,
  });
  if (!('reason' in result)) return;
  if (result.kind === 'failed') {
    throw new BackendError('unavailable', 'those invited to a meeting cannot be told of it now', { why: result.why });
  }
  if (recipients.length > 1) {
    for (const it of recipients) await send({ ...message, recipients: [it] }, id, context);
    return;
  }
  log.warn({ reason: result.reason, why: result.why }, 'Those invited to a meeting were not told of it');
}

function clientIdOf({ method, recipients }: MeetingMessage, id: string): string {
  const digest = createHash('sha256')
    .update([id, method, ...recipients].join('\n'))
    .digest('hex');
  return `meeting:${digest.slice(0, 32)}`;
}
