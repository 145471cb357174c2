/** What stands in the queue for a piece of mail: a line of JSON, with the message in it or the name of the object that has it. */
import { z } from 'zod';
import { reasonOf } from '../../platform/index.ts';
import { OutboxError } from '../errors.ts';
import type { QueuedMail } from '../mail-queue.ts';

const schema = z.object({
  version: z.literal(1),
  user: z.string().min(1),
  record: z.object({ partition: z.string().min(1), sort: z.string().min(1) }),
  messageId: z.string().min(1),
  from: z.string(),
  to: z.array(z.string()).min(1),
  acceptedAt: z.number(),
  sizeBytes: z.number(),
  body: z.union([z.object({ inline: z.base64() }), z.object({ bucket: z.string().min(1), object: z.string().min(1) })]),
});

export type QueueText = z.output<typeof schema>;

export function queueTextOf(mail: QueuedMail, body: QueueText['body']): string {
  const { record, messageId, envelope, acceptedAt, message } = mail;
  const text: QueueText = {
    version: 1,
    user: record.partition.replace(/^USER#/, ''),
    record: { partition: record.partition, sort: record.sort },
    messageId,
    from: envelope.from,
    to: [...envelope.to],
    acceptedAt,
    sizeBytes: message.length,
    body,
  };
  return JSON.stringify(text);
}

/** Throws OutboxError('bad-mail'). */
export function readQueueText(text: string): QueueText {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause).replaceAll(/\s+/g, ' ') : reasonOf(cause);
    throw new OutboxError('bad-mail', 'What stands in the queue is no mail', { why, cause });
  }
}
