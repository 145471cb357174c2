/** What the outbox function does with what the queue gives it: each goes, or stays there for later. */
import { type Labels, type Log, reasonOf } from '../../platform/index.ts';
import { deliver, type DeliverParts } from '../deliver.ts';
import { OutboxError } from '../errors.ts';
import { type QueueText, readQueueText } from './queue-text.ts';
import type { SqsMailQueue } from './sqs-mail-queue.ts';

export interface Received {
  readonly id: string;
  readonly receiptHandle: string;
  readonly text: string;
  /** How often it was given to somebody, this time included. */
  readonly receiveCount: number;
}

/** What became of a mail: `poison` can never be sent. */
export type WorkResult = 'sent' | 'over' | 'returned' | 'later' | 'poison';

export interface WorkParts extends DeliverParts {
  readonly queue: SqsMailQueue;
  readonly count: (result: WorkResult, labels: Labels) => void;
  /** Before the second try; doubles with each, up to 15 minutes. Default 15 s. */
  readonly firstPauseSeconds?: number;
}

const FIRST_PAUSE_SECONDS = 15;
const LONGEST_PAUSE_SECONDS = 900;

/** The ids of those that stay in the queue. */
export async function workThrough(all: readonly Received[], parts: WorkParts): Promise<readonly string[]> {
  const staying = await Promise.all(all.map(async (one) => ((await work(one, parts)) ? [one.id] : [])));
  return staying.flat();
}

/** True if it stays. */
async function work(received: Received, parts: WorkParts): Promise<boolean> {
  const { queue, log, count } = parts;
  const { text, receiptHandle, id } = received;
  const stays = async (result: WorkResult, delaySeconds: number, labels: Labels = {}) => {
    count(result, labels);
    // Where that fails, the queue's own time counts.
    await queue.postpone(receiptHandle, delaySeconds).catch((thrown: unknown) => tell(log, id, thrown));
    return true;
  };
  try {
    const mail = readQueueText(text);
    const { record, messageId, from, to, acceptedAt } = mail;
    const envelope = { from, to };
    const delivery = await deliver({ record, messageId, envelope, acceptedAt }, () => queue.read(mail), parts);
    if (delivery.kind === 'later') {
      const pause = Math.max(pauseSeconds(received, parts), (delivery.afterMs ?? 0) / 1_000);
      return await stays('later', pause, { mayBeAccepted: String(delivery.mayBeAccepted === true) });
    }
    log.info({ id, ...toldOf(mail), result: delivery.kind }, 'queued mail is done');
    count(delivery.kind, {});
    await queue.forget(mail);
    return false;
  } catch (thrown) {
    const isPoison = thrown instanceof OutboxError && thrown.code === 'bad-mail';
    tell(log, id, thrown);
    // What never can be sent goes through its tries at once, and so to the dead letters, where people see it.
    return stays(isPoison ? 'poison' : 'later', isPoison ? 0 : pauseSeconds(received, parts));
  }
}

const pauseSeconds = ({ receiveCount }: Received, { firstPauseSeconds = FIRST_PAUSE_SECONDS }: WorkParts): number =>
  Math.min(LONGEST_PAUSE_SECONDS, firstPauseSeconds * 2 ** Math.min(16, receiveCount - 1));

const tell = (log: Log, id: string, thrown: unknown): void =>
  log.error({ id, error: thrown, reason: reasonOf(thrown) }, 'queued mail could not be worked on');

const toldOf = ({ user, messageId, record }: QueueText) => ({ user, messageId, item: record.sort });
