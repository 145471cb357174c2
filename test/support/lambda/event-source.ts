/** What stands between a queue and a function in the cloud: takes messages, gives them over, deletes what the function is done with. */
import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';

export interface EventSourceOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly invoke: (event: SQSEvent) => Promise<unknown>;
  /** Invocations at once. Default 1. */
  readonly concurrency?: number;
  readonly batchSize?: number;
}

const POLL_MS = 50;

export class EventSource {
  readonly #options: EventSourceOptions;
  readonly #stopping = new AbortController();
  readonly #loops: readonly Promise<void>[];

  constructor(options: EventSourceOptions) {
    this.#options = options;
    this.#loops = Array.from({ length: options.concurrency ?? 1 }, () => this.#run());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #run(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const isBusy = await pumpOnce(this.#options);
      if (!isBusy) await new Promise((done) => setTimeout(done, POLL_MS));
    }
  }
}

/** One batch; false if there was none. An invocation that failed leaves its messages to the queue. */
export async function pumpOnce({ sqs, queueUrl, invoke, batchSize = 1 }: EventSourceOptions): Promise<boolean> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: batchSize,
      MessageSystemAttributeNames: ['All'],
    }),
  );
  if (Messages.length === 0) return false;
  const Records = Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes as never,
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: 'us-east-1',
  }));
  const answer = (await invoke({ Records }).catch(() => undefined)) as SQSBatchResponse | undefined;
  if (answer === undefined) return true;
  const failed = new Set(answer.batchItemFailures.map((it) => it.itemIdentifier));
  for (const { messageId, receiptHandle } of Records) {
    if (failed.has(messageId)) continue;
    await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }));
  }
  return true;
}
