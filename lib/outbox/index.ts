// Accepted mail on its way: at once where that is possible, by a queue where it is not.
export type { Outbox, OutgoingMessage, SendResult, SentFolder } from './outbox.ts';
export { deliver, type DeliverParts, type Delivery } from './deliver.ts';
export { OutboxError, type OutboxErrorCode } from './errors.ts';
export type { MailQueue, QueuedMail } from './mail-queue.ts';
export { derivedMessageId, withMessageId } from './message-id.ts';
export { StoreOutbox, type StoreOutboxParts } from './store-outbox.ts';
export type { WaitingLineParts } from './waiting-line.ts';
