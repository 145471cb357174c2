/** One Request of a MeetingResponse (MS-ASCMD 2.2.3.151.2). */
import { htmlToText, type MeetingAnswer } from '../../items/index.ts';
import {
  atLeast,
  child,
  CommonStatus,
  type Element,
  MeetingResponseStatus,
  parseTimestamp,
  type ProtocolVersion,
  type TagName,
  text,
} from '../../protocol/index.ts';
import { serverIdOfLongId } from '../long-id.ts';
import { digestOf } from '../sync/digest.ts';

export interface Reply {
  readonly comment: string | undefined;
  readonly proposal: { readonly start: Date; readonly end: Date } | undefined;
}

export interface AnswerWanted {
  readonly kind: 'answer';
  readonly requestId: string | undefined;
  /** The same for the same request sent again. */
  readonly digest: string;
  readonly serverId: string;
  readonly collectionId: string | undefined;
  readonly answer: MeetingAnswer;
  readonly instance: Date | undefined;
  /** What the server sends to the organizer; undefined: nothing. */
  readonly reply: Reply | undefined;
}

export type MeetingAnswerRequest =
  | AnswerWanted
  | {
      readonly kind: 'malformed';
      readonly requestId: string | undefined;
      readonly instance?: undefined;
      readonly status: number;
    };

const ANSWERS: Readonly<Record<string, MeetingAnswer>> = { '1': 'accepted', '2': 'tentative', '3': 'declined' };
const HTML = '2';

export function readAnswerRequest(request: Element, version: ProtocolVersion): MeetingAnswerRequest {
  const requestId = text(request, 'MeetingResponse:RequestId');
  const malformed = (status: number = MeetingResponseStatus.invalidMeetingRequest): MeetingAnswerRequest => ({
    kind: 'malformed',
    requestId,
    status,
  });
  const longId = text(request, 'Search:LongId');
  const collectionId = text(request, 'MeetingResponse:CollectionId');
  const answer = ANSWERS[text(request, 'MeetingResponse:UserResponse')?.trim() ?? ''];
  const serverId = longId === undefined ? requestId : serverIdOfLongId(longId);
  if (!answer || serverId === undefined) return malformed();
  // R7031, and what tells where a RequestId is from.
  const isNamedTwice = longId !== undefined && (requestId !== undefined || collectionId !== undefined);
  if (isNamedTwice || (longId === undefined && collectionId === undefined)) return malformed();
  const instance = moment(request, 'MeetingResponse:InstanceId');
  if (instance === 'malformed') return malformed(CommonStatus.invalidDateTime);
  if (child(request, 'MeetingResponse:InstanceId') && (!instance || !atLeast(version, '14.1'))) return malformed();
  const reply = atLeast(version, '16.0') ? readReply(child(request, 'MeetingResponse:SendResponse')) : undefined;
  if (reply === 'malformed') return malformed();
  return { kind: 'answer', requestId, digest: digestOf(request), serverId, collectionId, answer, instance, reply };
}

/** Empty: a mail without a text (R7114). */
function readReply(sent: Element | undefined): Reply | undefined | 'malformed' {
  if (!sent) return undefined;
  const body = child(sent, 'AirSyncBase:Body');
  const data = text(body, 'AirSyncBase:Data');
  const comment = data !== undefined && text(body, 'AirSyncBase:Type')?.trim() === HTML ? htmlToText(data) : data;
  const start = moment(sent, 'MeetingResponse:ProposedStartTime');
  const end = moment(sent, 'MeetingResponse:ProposedEndTime');
  if (start === 'malformed' || end === 'malformed' || !start !== !end) return 'malformed';
  if (start && end && end < start) return 'malformed';
  return { comment, proposal: start && end && { start, end } };
}

function moment(parent: Element, tag: TagName): Date | undefined | 'malformed' {
  const value = text(parent, tag)?.trim();
  if (!value) return undefined;
  const time = parseTimestamp(value);
  return time === undefined ? 'malformed' : new Date(time);
}
