/** Where sent mail waits that cannot be handed on soon, if the configuration names such a place. */
import type { WaitingLineParts } from '../outbox/index.ts';
import type { Log, Random } from '../platform/index.ts';
import type { Configuration } from '../topology/index.ts';

export async function openMailQueue(
  { outbox: { queueUrl, bucket, patienceSeconds }, mail }: Configuration,
  { random, log }: { readonly random: Random; readonly log: Log },
): Promise<WaitingLineParts | undefined> {
  if (queueUrl === undefined) return undefined;
  if (mail.kind !== 'imap' || mail.smtp.authentication === 'user') {
    // Nobody but the user could submit it, and their password is kept nowhere.
    log.warn({}, 'The queue of the outbox is not used: submission needs the password of the user');
    return undefined;
  }
  // The AWS client is loaded where it is used, and not before.
  const { SqsMailQueue } = await import('../outbox/sqs/index.ts');
  const queue = new SqsMailQueue({ queueUrl, ...(bucket !== undefined && { bucket }) }, random);
  return { queue, patienceMs: patienceSeconds * 1_000 };
}
