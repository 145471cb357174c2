/** ECS tells, by a queue, that a task has stopped: its session is fenced at once, and its users are served by others. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { createLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { PoolAdministration } from '../../lib/pool/index.ts';
import { once, openPool } from '../environment.ts';
import { stoppedTask } from './stopped-task.ts';

const log = createLog();
const open = once(async () => {
  const { store, pool } = await openPool(process.env);
  return { pool, administration: new PoolAdministration({ store, pool, clock: systemClock, random: systemRandom }) };
});

export const handler = async ({ Records }: SQSEvent): Promise<SQSBatchResponse> => {
  const failures: string[] = [];
  for (const { messageId, body } of Records) {
    const task = stoppedTask(body);
    // Events that say nothing of a stopped task are done with.
    if (task === undefined) continue;
    try {
      const { pool, administration } = await open();
      const sessions = await administration.fenceTask(task);
      log.info(
        { pool, task, sessions },
        sessions.length > 0 ? 'A stopped task was fenced' : 'Nothing was to be fenced',
      );
    } catch (error) {
      log.error({ task, error }, 'A stopped task could not be fenced yet');
      failures.push(messageId);
    }
  }
  return { batchItemFailures: failures.map((itemIdentifier) => ({ itemIdentifier })) };
};
