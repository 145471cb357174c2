/** Accepted mail that could not be handed on at once: submits it, with retries, as the pool's submission account. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { SqsMailQueue, workThrough, type WorkParts } from '../../lib/outbox/sqs/index.ts';
import { createLog, EmbeddedMetrics, Metrics, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { type Environment, once, openPool, Secrets, variable } from '../environment.ts';
import { submissionServer } from './submission-server.ts';

const log = createLog();
const secrets = new Secrets();
const open = once(() => openOutbox(process.env));

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const { parts, tell } = await open();
  // As long as nothing else is known all stay: where the function cannot even begin, too.
  let staying: readonly string[] = Records.map(({ messageId }) => messageId);
  const received = Records.map(({ messageId, receiptHandle, body, attributes }) => ({
    id: messageId,
    receiptHandle,
    text: body,
    receiveCount: Number(attributes.ApproximateReceiveCount),
  }));
  try {
    // Read each time: the password may have been changed.
    const server = await submissionServer(process.env, secrets);
    staying = await workThrough(received, { ...parts, server });
  } finally {
    tell(Records.filter(({ messageId }) => staying.includes(messageId)).map(queuedAt));
  }
  return { batchItemFailures: staying.map((itemIdentifier) => ({ itemIdentifier })) };
};

/** Wall clock of its way into the queue. */
const queuedAt = ({ attributes }: SQSEvent['Records'][number]): number =>
  Number(attributes.SentTimestamp ?? systemClock.now());

async function openOutbox(environment: Environment) {
  const { store, pool } = await openPool(environment);
  const bucket = environment['CARAVAN_OUTBOX_BUCKET'];
  const place = { queueUrl: variable(environment, 'CARAVAN_OUTBOX_QUEUE_URL'), ...(bucket && { bucket }) };
  const metrics = new Metrics();
  const mail = metrics.counter({
    name: 'caravan_outbox_mail',
    help: 'Queued mail that was worked on, by what became of it.',
    labels: ['result'],
  });
  const unsure = metrics.counter({
    name: 'caravan_outbox_lost_acknowledgements',
    help: 'Mail that the submission server may have taken without saying so: it goes again under its Message-ID.',
  });
  const age = metrics.gauge({
    name: 'caravan_outbox_age_seconds',
    help: 'How long the oldest mail that was worked on and stays has waited. The queue tells no age of what it gave out three times.',
    unit: 'seconds',
  });
  const format = new EmbeddedMetrics({ namespace: 'Caravan', dimensions: { Pool: pool } });
  const parts: Omit<WorkParts, 'server'> = {
    store,
    queue: new SqsMailQueue(place, systemRandom),
    clock: systemClock,
    random: systemRandom,
    log: log.child({ pool }),
    count(result, { mayBeAccepted }) {
      mail.add({ result });
      if (mayBeAccepted === 'true') unsure.add();
    },
  };
  const tell = (queuedAtMs: readonly number[]) => {
    age.set(Math.max(0, ...queuedAtMs.map((each) => (systemClock.now() - each) / 1_000)));
    for (const line of format.lines(metrics.read(), systemClock.now())) process.stdout.write(`${line}\n`);
  };
  return { parts, tell };
}
