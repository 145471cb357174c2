// MIME ↔ Email: what an item looks like to a device.
export { BODY_TYPES, type BodyPreference, type BodyType, type EmailOptions } from './email-options.ts';
export type { EmailRenderer, PartReference, ReadDraft, ReadEmailChange } from './email.ts';
