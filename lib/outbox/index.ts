// Accepted mail on its way.
export type { Outbox, OutgoingMessage, SendResult } from './outbox.ts';
export { derivedMessageId, withMessageId } from './message-id.ts';
export { StoreOutbox, type StoreOutboxParts } from './store-outbox.ts';
