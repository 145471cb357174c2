/**
 * MeetingResponse needs calendars, which there are not yet: it says so in its own document, so that a device goes on with
 * its mail. Common status 137 from 14.0 on; at 12.1, which has none, the command's own word for "the server cannot".
 */
import {
  atLeast,
  children,
  CommonStatus,
  type Element,
  element,
  MeetingResponseStatus,
  text,
} from '../protocol/index.ts';
import type { Answer, CommandRequest } from './command.ts';

/** Each request has its result (MS-ASCMD 2.2.3.155.2). */
export async function meetingResponse(request: CommandRequest): Promise<Answer> {
  const requests = children(request.document, 'MeetingResponse:Request');
  if (requests.length === 0)
    return answer(meetingResults([result(undefined, MeetingResponseStatus.invalidMeetingRequest)]));
  const status = unsupported(request, MeetingResponseStatus.serverError);
  return answer(meetingResults(requests.map((it) => result(text(it, 'MeetingResponse:RequestId'), status))));
}

/** R5374: RequestId where the request had it. */
const result = (requestId: string | undefined, status: number): Element =>
  element(
    'MeetingResponse:Result',
    requestId !== undefined && element('MeetingResponse:RequestId', requestId),
    element('MeetingResponse:Status', status),
  );

const meetingResults = (results: readonly Element[]): Element => element('MeetingResponse:MeetingResponse', results);

const unsupported = ({ version }: CommandRequest, own: number): number =>
  atLeast(version, '14.0') ? CommonStatus.commandNotSupported : own;

const answer = (document: Element): Answer => ({ kind: 'document', document });
