// The outbox's queue in the cloud. A door of its own: whoever has no queue loads no AWS client for it.
export { type DeadLetter, DeadLetters, type QueueFigures } from './dead-letters.ts';
export type { SqsPlace } from './place.ts';
export { SqsMailQueue } from './sqs-mail-queue.ts';
export { type Received, type WorkParts, type WorkResult, workThrough } from './work.ts';
