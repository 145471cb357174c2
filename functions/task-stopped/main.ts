/**
 * ECS tells, by a queue, what becomes of a task. One that it takes away is drained while the load balancer still lets it finish;
 * one that has stopped is fenced at once. Its users are served by others.
 */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PoolAdministration } from '../../lib/pool/index.ts';
import { once, openPool } from '../environment.ts';
import { endingTask } from './ending-task.ts';

const TOLD = { leaving: 'A task that is taken away drains', stopped: 'A stopped task was fenced' };

const log = createLog();
const open = once(async () => {
  const { store, pool } = await openPool(process.env);
  return { pool, administration: new PoolAdministration({ store, pool, clock: systemClock, random: systemRandom }) };
});

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failures: string[] = [];
  for (const { messageId, body } of Records) {
    const ending = endingTask(body);
    // Events that say nothing of a task that ends are done with.
    if (ending === undefined) continue;
    const { task, state } = ending;
    try {
      const { pool, administration } = await open();
      const sessions = await (state === 'stopped' ? administration.fenceTask(task) : administration.drainTask(task));
      log.info(
        { pool, task, state, sessions },
        sessions.length > 0 ? TOLD[state] : 'Nothing was to be done for a task',
      );
    } catch (error) {
      log.error({ task, state, error }, 'An event about a task could not be handled yet');
      failures.push(messageId);
    }
  }
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
};
