/** The queue of a pool in the cloud: SQS, and S3 for the bodies that are too large for it. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ChangeMessageVisibilityCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { type Random, randomName, reasonOf } from '../../platform/index.ts';
import { OutboxError } from '../errors.ts';
import type { MailQueue, QueuedMail } from '../mail-queue.ts';
import { type QueueText, queueTextOf } from './queue-text.ts';
import { createClients, type SqsClients, type SqsPlace } from './place.ts';

/** In base64, and with the rest, this stays under the 256 KiB that every queue takes. */
const INLINE_LIMIT_BYTES = 180 * 1024;
/** SQS lets a message wait so long at most. */
const DELAY_LIMIT_SECONDS = 900;
const VISIBILITY_LIMIT_SECONDS = 43_200;

export class SqsMailQueue implements MailQueue {
  readonly #place: SqsPlace;
  readonly #random: Random;
  readonly #clients: SqsClients;

  constructor(place: SqsPlace, random: Random) {
    this.#place = place;
    this.#random = random;
    this.#clients = createClients(place);
  }

  async put(mail: QueuedMail, delaySeconds: number): Promise<void> {
    const body = mail.message.length <= INLINE_LIMIT_BYTES ? inline(mail.message) : await this.#upload(mail.message);
    await asked('The message could not be queued', () =>
      this.#clients.sqs.send(
        new SendMessageCommand({
          QueueUrl: this.#place.queueUrl,
          MessageBody: queueTextOf(mail, body),
          DelaySeconds: Math.min(DELAY_LIMIT_SECONDS, Math.ceil(delaySeconds)),
        }),
      ),
    );
  }

  /** The message of a mail. Throws OutboxError: `bad-mail` if it is gone. */
  async read({ body }: QueueText): Promise<Uint8Array> {
    return 'inline' in body ? Buffer.from(body.inline, 'base64') : this.#download(body);
  }

  /** The message's body is needed no more. */
  async forget({ body }: QueueText): Promise<void> {
    if ('inline' in body) return;
    // It expires by itself.
    await this.#clients.s3
      .send(new DeleteObjectCommand({ Bucket: body.bucket, Key: body.object }))
      .catch(() => undefined);
  }

  /** Nobody is given it again for so long. */
  async postpone(receiptHandle: string, delaySeconds: number): Promise<void> {
    const VisibilityTimeout = Math.min(VISIBILITY_LIMIT_SECONDS, Math.max(0, Math.ceil(delaySeconds)));
    await asked('The message could not be put off', () =>
      this.#clients.sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: this.#place.queueUrl,
          ReceiptHandle: receiptHandle,
          VisibilityTimeout,
        }),
      ),
    );
  }

  close(): void {
    this.#clients.sqs.destroy();
    this.#clients.s3.destroy();
  }

  async #upload(message: Uint8Array): Promise<QueueText['body']> {
    const { bucket } = this.#place;
    if (bucket === undefined) {
      throw new OutboxError('queue-unavailable', 'The message could not be queued', {
        why: 'it is too large for the queue, and no bucket is configured',
        remedy: 'Set outbox.bucket.',
      });
    }
    const object = `outbox/${randomName(this.#random, 32)}`;
    await asked('The body of a message could not be kept', () =>
      this.#clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: object, Body: message })),
    );
    return { bucket, object };
  }

  async #download({ bucket, object }: { readonly bucket: string; readonly object: string }): Promise<Uint8Array> {
    const what = 'The body of a message could not be read';
    const bytes = await asked(what, async () => {
      const { Body } = await this.#clients.s3.send(new GetObjectCommand({ Bucket: bucket, Key: object }));
      return Body?.transformToByteArray();
    }).catch((thrown: unknown) => {
      if (!(thrown instanceof OutboxError) || !isGone(thrown.cause)) throw thrown;
      return undefined;
    });
    if (bytes) return bytes;
    throw new OutboxError('bad-mail', what, {
      why: `there is no ${object} in ${bucket}: it has expired, or was removed`,
    });
  }
}

const inline = (message: Uint8Array): QueueText['body'] => ({ inline: Buffer.from(message).toString('base64') });

const isGone = (thrown: unknown): boolean => thrown instanceof Error && ['NoSuchKey', 'NotFound'].includes(thrown.name);

/** Throws OutboxError('queue-unavailable'). */
export async function asked<T>(what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    throw new OutboxError('queue-unavailable', what, { why: reasonOf(cause), cause });
  }
}
