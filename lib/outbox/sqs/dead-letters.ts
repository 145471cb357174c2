/** Mail that was given up: what an administrator may look at, send back to the queue, or drop. */
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import type { Clock, Random } from '../../platform/index.ts';
import type { Store } from '../../store/index.ts';
import { OutboxError } from '../errors.ts';
import { Intents } from '../intents.ts';
import { createClients, type SqsClients, type SqsPlace } from './place.ts';
import { type QueueText, readQueueText } from './queue-text.ts';
import { asked, SqsMailQueue } from './sqs-mail-queue.ts';

export interface DeadLetter {
  /** Of the message in the dead-letter queue. */
  readonly id: string;
  /** Wall clock of its way into the queue; it ends 14 days later. */
  readonly queuedAt: number;
  /** Undefined where it is no mail: then `why` says so. */
  readonly mail: QueueText | undefined;
  readonly why: string | undefined;
  readonly text: string;
  readonly receiptHandle: string;
}

export interface QueueFigures {
  readonly waiting: number;
  readonly inHand: number;
  readonly delayed: number;
}

const BATCH = 10;
/** Readings without anything new that end a listing: one reading asks a part of SQS's machines. */
const EMPTY_READINGS = 3;
/** While an administrator decides, nobody else is given them. */
const HOLD_SECONDS = 60;

export class DeadLetters {
  readonly #place: SqsPlace;
  readonly #clients: SqsClients;
  readonly #queue: SqsMailQueue;
  #url: string | undefined;

  constructor(place: SqsPlace, random: Random) {
    this.#place = place;
    this.#clients = createClients(place);
    this.#queue = new SqsMailQueue(place, random);
  }

  /** About how much is on its way. */
  async figures(): Promise<QueueFigures> {
    const { Attributes = {} } = await this.#attributes();
    const of = (name: string) => Number((Attributes as Record<string, string>)[name] ?? 0);
    return {
      waiting: of('ApproximateNumberOfMessages'),
      inHand: of('ApproximateNumberOfMessagesNotVisible'),
      delayed: of('ApproximateNumberOfMessagesDelayed'),
    };
  }

  /** Those that are there, up to `limit`; nobody else is given them until `release`, or for a minute. */
  async list(limit = 1_000): Promise<readonly DeadLetter[]> {
    const url = await this.#deadLetterUrl();
    const found = new Map<string, DeadLetter>();
    for (let empty = 0; empty < EMPTY_READINGS && found.size < limit; ) {
      const { Messages = [] } = await asked('The dead letters could not be read', () =>
        this.#clients.sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: BATCH,
            VisibilityTimeout: HOLD_SECONDS,
            WaitTimeSeconds: 0,
            MessageSystemAttributeNames: ['SentTimestamp'],
          }),
        ),
      );
      const before = found.size;
      for (const message of Messages) found.set(message.MessageId ?? '', deadLetterOf(message));
      empty = found.size === before ? empty + 1 : 0;
    }
    return [...found.values()].sort((a, b) => a.queuedAt - b.queuedAt);
  }

  /** Others may have them at once. */
  async release(letters: readonly DeadLetter[]): Promise<void> {
    const url = await this.#deadLetterUrl();
    for (let from = 0; from < letters.length; from += BATCH) {
      const Entries = letters.slice(from, from + BATCH).map(({ receiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: 0,
      }));
      await asked('The dead letters could not be let go', () =>
        this.#clients.sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries })),
      );
    }
  }

  /** Back into the queue, to be tried as if it were new. */
  async retry({ text, receiptHandle }: DeadLetter): Promise<void> {
    await asked('The message could not be put back into the queue', () =>
      this.#clients.sqs.send(new SendMessageCommand({ QueueUrl: this.#place.queueUrl, MessageBody: text })),
    );
    await this.#delete(receiptHandle);
  }

  /** Never to be sent. The record says so first: another copy of it may be on its way. */
  async drop(
    { mail, receiptHandle }: DeadLetter,
    parts: { readonly store: Store; readonly clock: Clock; readonly random: Random },
  ): Promise<'dropped' | 'was-sent'> {
    const isDropped = !mail || (await new Intents(parts.store, parts.clock, parts.random).dropped(mail.record));
    await this.#delete(receiptHandle);
    if (mail) await this.#queue.forget(mail);
    return isDropped ? 'dropped' : 'was-sent';
  }

  close(): void {
    this.#clients.sqs.destroy();
    this.#clients.s3.destroy();
    this.#queue.close();
  }

  #attributes() {
    return asked('The queue could not be asked', () =>
      this.#clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: this.#place.queueUrl, AttributeNames: ['All'] }),
      ),
    );
  }

  async #deadLetterUrl(): Promise<string> {
    if (this.#url !== undefined) return this.#url;
    const { RedrivePolicy } = (await this.#attributes()).Attributes ?? {};
    const policy = RedrivePolicy === undefined ? {} : (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string });
    const name = policy.deadLetterTargetArn?.split(':').at(-1);
    if (name === undefined) {
      throw new OutboxError('queue-unavailable', 'There are no dead letters to list', {
        why: `${this.#place.queueUrl} has no dead-letter queue`,
        remedy: "Give the URL of the outbox's queue, an output of the pool's stack.",
      });
    }
    const { QueueUrl } = await asked('The dead-letter queue could not be found', () =>
      this.#clients.sqs.send(new GetQueueUrlCommand({ QueueName: name })),
    );
    this.#url = QueueUrl ?? '';
    return this.#url;
  }

  async #delete(receiptHandle: string): Promise<void> {
    const url = await this.#deadLetterUrl();
    await asked('The dead letter could not be removed', () =>
      this.#clients.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle })),
    );
  }
}

function deadLetterOf({ MessageId = '', Body = '', ReceiptHandle = '', Attributes }: Message): DeadLetter {
  const common = {
    id: MessageId,
    queuedAt: Number(Attributes?.SentTimestamp ?? 0),
    text: Body,
    receiptHandle: ReceiptHandle,
  };
  try {
    return { ...common, mail: readQueueText(Body), why: undefined };
  } catch (thrown) {
    if (!(thrown instanceof OutboxError)) throw thrown;
    return { ...common, mail: undefined, why: thrown.why };
  }
}
