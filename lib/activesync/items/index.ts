// MIME ↔ Email, iCalendar ↔ Calendar, Tasks and Notes, vCard ↔ Contacts: what an item looks like to a device.
export { type AttachmentContent, attachmentName, findPart, renderAttachment } from './attachments.ts';
export type { OutOfLine } from './body.ts';
export { htmlToText, textToHtml } from './body-text.ts';
export { composeMessage, type Composition } from './compose.ts';
export { conversationIdOf } from './conversation.ts';
export { type DraftAuthor, readDraft } from './draft.ts';
export { BODY_TYPES, type BodyPreference, type BodyType, type EmailOptions } from './email-options.ts';
export type { EmailRenderer, PartReference, ReadDraft, ReadEmailChange } from './email.ts';
export { readEmailChange } from './email-change.ts';
export { emailRenderer } from './email-renderer.ts';
export { ItemError, type ItemErrorCode } from './errors.ts';
export { fileReference, parseFileReference } from './file-reference.ts';
export { FILTER_DAYS, readEmailOptions } from './read-email-options.ts';
export type {
  ChangeContext,
  RenderContext,
  ResourceClass,
  ResourceCodec,
  ResourceContext,
  ResourceKind,
  ResourceSummary,
} from './resource-codec.ts';
export { resourceCodec, resourceKind } from './resources.ts';
export { resourceWords } from './search-text.ts';
export {
  type AnswerDetails,
  type AnsweredMeeting,
  answerMeeting,
  instanceOfInvitation,
  type MeetingAnswer,
} from './meetings/answer.ts';
export {
  hadInstance,
  invitationPlan,
  invitationText,
  type MeetingFacts,
  meetingFacts,
  startOfInstance,
} from './meetings/facts.ts';
export { type MeetingToForward, meetingToForward } from './meetings/forward.ts';
export type { MeetingContext, MeetingMessage, MeetingMethod } from './meetings/itip.ts';
export { composeMeetingMessage } from './meetings/message.ts';
export { organizerMessages } from './meetings/organize.ts';
export { applyCancel, applyReply, applyRequest } from './meetings/receive.ts';
export { applyScheduled, type ScheduledMessage, scheduledMessage } from './meetings/scheduled.ts';
