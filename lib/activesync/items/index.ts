// MIME ↔ Email: what an item looks like to a device.
export { type AttachmentContent, attachmentName, findPart, renderAttachment } from './attachments.ts';
export type { OutOfLine } from './body.ts';
export { composeMessage, type Composition } from './compose.ts';
export { conversationIdOf } from './conversation.ts';
export { type DraftAuthor, readDraft } from './draft.ts';
export { BODY_TYPES, type BodyPreference, type BodyType, type EmailOptions } from './email-options.ts';
export type { EmailRenderer, PartReference, ReadDraft, ReadEmailChange } from './email.ts';
export { readEmailChange } from './email-change.ts';
export { emailRenderer } from './email-renderer.ts';
export { fileReference, parseFileReference } from './file-reference.ts';
export { FILTER_DAYS, readEmailOptions } from './read-email-options.ts';
