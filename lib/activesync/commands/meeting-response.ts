/**
 * MeetingResponse (MS-ASCMD 2.2.1.11): answers to invitations in the mail, and to events in the calendar. Where the user has no
 * calendar it says so in its own document, so that a device goes on with its mail.
 */
import { BackendError } from '../../backends/index.ts';
import { ItemError } from '../items/index.ts';
import {
  atLeast,
  children,
  CommonStatus,
  type Element,
  element,
  formatDashed,
  MeetingResponseStatus,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { answerEvent } from './meeting-response/answer-event.ts';
import { answerInvitation } from './meeting-response/answer-invitation.ts';
import { type MeetingAnswerRequest, readAnswerRequest } from './meeting-response/read-request.ts';
import { type Answered, type AnswerSite, MeetingRefusal } from './meeting-response/site.ts';

/** Each request has its result (MS-ASCMD 2.2.3.155.2). */
export async function meetingResponse(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const { version } = request;
  const wanted = children(request.document, 'MeetingResponse:Request').map((it) => readAnswerRequest(it, version));
  const site = await siteOf(request, context);
  const results: Element[] = [];
  for (const it of wanted) results.push(result(it, await answerOne(it, site, version)));
  if (results.length === 0) results.push(result({}, MeetingResponseStatus.invalidMeetingRequest));
  return { kind: 'document', document: element('MeetingResponse:MeetingResponse', results) };
}

/** Undefined: the user has no calendar. */
async function siteOf({ version }: CommandRequest, context: CommandContext): Promise<AnswerSite | undefined> {
  const calendar = await context.user.folderOfKind('calendar');
  return context.user.mailbox.resources && calendar?.backendId !== undefined
    ? { version, calendar, context }
    : undefined;
}

/** One that fails must not hide what became of the others. */
async function answerOne(
  request: MeetingAnswerRequest,
  site: AnswerSite | undefined,
  version: CommandRequest['version'],
): Promise<number | Answered> {
  if (!site) return atLeast(version, '14.0') ? CommonStatus.commandNotSupported : MeetingResponseStatus.serverError;
  if (request.kind === 'malformed') return request.status;
  try {
    const item = await site.context.user.item(request.serverId);
    if (!item || (request.collectionId !== undefined && item.folder.id !== request.collectionId))
      return MeetingResponseStatus.invalidMeetingRequest;
    if (item.folder.itemClass === 'Email') return await answerInvitation(request, item, site);
    return item.folder.itemClass === 'Calendar'
      ? await answerEvent(request, item, site)
      : MeetingResponseStatus.invalidMeetingRequest;
  } catch (thrown) {
    if (thrown instanceof MeetingRefusal) return thrown.status;
    if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') throw thrown;
    site.context.log.warn({ item: request.serverId, error: thrown }, 'A meeting could not be answered');
    if (thrown instanceof ItemError) return MeetingResponseStatus.invalidMeetingRequest;
    if (thrown instanceof BackendError) return MeetingResponseStatus.mailboxError;
    throw thrown;
  }
}

/** R5374: RequestId where the request had it. */
function result(
  { requestId, instance }: { readonly requestId?: string | undefined; readonly instance?: Date | undefined },
  outcome: number | Answered,
): Element {
  const isDone = typeof outcome !== 'number';
  return element(
    'MeetingResponse:Result',
    requestId !== undefined && element('MeetingResponse:RequestId', requestId),
    element('MeetingResponse:Status', isDone ? MeetingResponseStatus.success : outcome),
    isDone && outcome.calendarId !== undefined && element('MeetingResponse:CalendarId', outcome.calendarId),
    isDone && instance && element('MeetingResponse:InstanceId', formatDashed(instance.getTime())),
  );
}
