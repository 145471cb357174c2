/** Where meetings are answered, and how the organizer is told. */
import type { SyncFolder } from '../../../sync/index.ts';
import { composeMeetingMessage, type MeetingContext, type MeetingMessage } from '../../items/index.ts';
import { MeetingResponseStatus, type ProtocolVersion } from '../../protocol/index.ts';
import type { CommandContext } from '../command.ts';
import { sendMessage } from '../send-message.ts';

export interface AnswerSite {
  readonly version: ProtocolVersion;
  /** The user's default calendar. */
  readonly calendar: SyncFolder;
  readonly context: CommandContext;
}

export interface Answered {
  /** The event's ServerId; undefined where it is declined. */
  readonly calendarId: string | undefined;
}

/** The result of one request that cannot be done. */
export class MeetingRefusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`A meeting cannot be answered: status ${status}`);
    this.status = status;
  }
}

export const invalid = (): MeetingRefusal => new MeetingRefusal(MeetingResponseStatus.invalidMeetingRequest);

export const meetingContextOf = ({ context: { user, clock } }: AnswerSite): MeetingContext => ({
  account: user.account,
  zone: user.account.zone,
  now: new Date(clock.now()),
});

/** Once for each `id`. What is never taken is the organizer's loss alone: the answer is kept in the calendar all the same. */
export async function sendAnswer(message: MeetingMessage, id: string, site: AnswerSite): Promise<void> {
  const { device, log } = site.context;
  const result = await sendMessage(site.context, {
    deviceId: device.deviceId,
    clientId: clientIdOf(id),
    message: await composeMeetingMessage(message, meetingContextOf(site)),
    saveInSent: true,
  });
  if (!('reason' in result)) return;
  log.warn({ reason: result.reason, why: result.why }, 'An answer to a meeting was not sent');
  if (result.kind === 'failed') throw new MeetingRefusal(MeetingResponseStatus.serverError);
}

export const wasAnswerSent = async (id: string, { context }: AnswerSite): Promise<boolean> =>
  context.outbox.wasSent(context.user.lease, context.device.deviceId, clientIdOf(id));

/** An answer that the calendar's server sends by itself as soon as it is kept (RFC 6638 section 3.2.2); not another time. */
export const isServersToSend = ({ method }: MeetingMessage, { context: { user } }: AnswerSite): boolean =>
  method === 'REPLY' && user.mailbox.resources?.capabilities.schedulesItself === true;

const clientIdOf = (id: string): string => `meeting:${id}`;
