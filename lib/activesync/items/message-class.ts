/** Email:MessageClass (MS-ASEMAIL 2.2.2.49): what kind of message a device has before it. */
import type { Part } from '../../backends/index.ts';
import type { Protection } from './security.ts';

const PROTECTED: Readonly<Record<Exclude<Protection, 'none'>, string>> = {
  signed: 'IPM.Note.SMIME.MultipartSigned',
  opaque: 'IPM.Note.SMIME',
  receipt: 'IPM.Note.Receipt.SMIME',
  pgp: 'IPM.Note',
};

/** What an invitation, an answer or a cancellation is, by its method and, for an answer, the attendee's word. */
export function meetingClass(method: string | undefined, answer: string | undefined): string | undefined {
  switch (method?.toUpperCase() ?? '') {
    case 'REQUEST':
      return 'IPM.Schedule.Meeting.Request';
    case 'CANCEL':
      return 'IPM.Schedule.Meeting.Canceled';
    case 'COUNTER':
      return 'IPM.Schedule.Meeting.Resp.Tent';
    case 'REPLY':
      if (answer === 'ACCEPTED') return 'IPM.Schedule.Meeting.Resp.Pos';
      if (answer === 'DECLINED') return 'IPM.Schedule.Meeting.Resp.Neg';
      return answer === 'TENTATIVE' ? 'IPM.Schedule.Meeting.Resp.Tent' : undefined;
    default:
      return undefined;
  }
}

/** The machine-readable part of a report, if the message is one (RFC 6522). */
export function reportPart(root: Part): Part | undefined {
  if (root.type !== 'multipart/report') return undefined;
  return root.parts.find(
    (it) =>
      it.type === 'message/delivery-status' ||
      it.type === 'message/global-delivery-status' ||
      it.type === 'message/disposition-notification' ||
      it.type === 'message/global-disposition-notification',
  );
}

/** By the fields of the report (RFC 3464 Action, RFC 8098 Disposition); a failure where they are missing. */
export function reportClass(part: Part, content: string): string {
  if (part.type.endsWith('delivery-status')) {
    const actions = [...content.matchAll(/^action:\s*([a-z]+)/gim)].map((it) => it[1]?.toLowerCase());
    if (actions.length === 0 || actions.includes('failed')) return 'REPORT.IPM.NOTE.NDR';
    return actions.includes('delayed') ? 'REPORT.IPM.NOTE.DELAYED' : 'REPORT.IPM.NOTE.DR';
  }
  return /^disposition:[^\r\n]*;\s*(?:displayed|dispatched|processed)/im.test(content)
    ? 'REPORT.IPM.NOTE.IPNRN'
    : 'REPORT.IPM.NOTE.IPNNRN';
}

export const plainClass = (protection: Protection): string =>
  protection === 'none' ? 'IPM.Note' : PROTECTED[protection];
