/** What somebody is woken for, in the order of what matters: are devices served, and what is about to break. */
import { MathExpression, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { type AlarmBoard, MINUTE } from './alarm-board.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import type { SprayerMetrics } from './sprayer-metrics.ts';
import type { StoreMetrics } from './store-metrics.ts';

export interface PoolAlarmsProps {
  readonly pool: PoolMetrics;
  readonly sprayer: SprayerMetrics;
  readonly store: StoreMetrics;
  /** Undefined where mail does not wait in the cloud. */
  readonly outbox: { readonly queue: IQueue; readonly deadLetters: IQueue } | undefined;
  readonly taskStopped: { readonly deadLetters: IQueue };
  readonly hasCanary: boolean;
}

const OUTBOX_AGE_SECONDS = 900;
/** The longest pause between two tries, and what a try takes. */
const OUTBOX_TRIED_WITHIN_MINUTES = 20;
const UNKNOWN_RESULTS = 10;

export function addPoolAlarms(
  board: AlarmBoard,
  { pool, sprayer, store, outbox, taskStopped, hasCanary }: PoolAlarmsProps,
) {
  if (hasCanary)
    board.add('Canary', {
      metric: pool.canaryAvailability,
      description:
        'A device of ours cannot sync through the front door, so phones cannot either. Look at the dashboard from the top: certificate and DNS, ready servers, the mail system.',
      threshold: 1,
      isBelow: true,
      minutes: 3,
      isBadIfMissing: true,
    });
  board.add('ReadyServers', {
    metric: sprayer.readyServers,
    description:
      'Fewer than two servers are ready: the next failure is an outage. Look at the stopped tasks of the service and at the log of the servers.',
    threshold: 2,
    isBelow: true,
    minutes: 3,
    isBadIfMissing: true,
  });
  board.add('SprayerFailures', {
    metric: sprayer.failureShare,
    description:
      'The load balancer answers more than one request in a hundred by itself. Look for servers that end without draining, or that are not ready.',
    threshold: 1,
    minutes: 3,
    ofMinutes: 5,
  });
  board.add('Constrained', {
    metric: pool.constrainedServers,
    description:
      'A server has been taking no new users for five minutes. If it is one, its users are heavy: wait for the balancer. If it is many: raise size.max, or lower placement.usersPerServer.',
    threshold: 1,
    minutes: 5,
  });
  board.add('Takeovers', {
    metric: pool.poolEvents('takeover'),
    description:
      'Users were taken over from a server that ended without giving them away. Look at the stopped tasks: memory, or a host that failed.',
    threshold: 1,
    minutes: 1,
  });
  board.add('UnknownResults', {
    metric: pool.poolEvents('unknown-result'),
    description:
      'The store often leaves open whether it wrote. Nothing is lost, since each is read again; look at the health of DynamoDB in the region.',
    threshold: UNKNOWN_RESULTS,
    minutes: 3,
    ofMinutes: 5,
  });
  board.add('StoreThrottles', {
    metric: store.throttles,
    description:
      'DynamoDB refuses requests. Raise the table-level quotas of the account: docs/operations-aws.md, Quotas.',
    threshold: 1,
    minutes: 3,
    ofMinutes: 5,
  });
  if (outbox) addOutboxAlarms(board, outbox, pool);
  board.add('TaskStoppedDeadLetters', {
    metric: taskStopped.deadLetters.metricApproximateNumberOfMessagesVisible({
      period: MINUTE,
      statistic: Stats.MAXIMUM,
    }),
    description:
      'Tasks that ended could not be told of. The others notice within ten seconds all the same; look at the log of task-stopped.',
    threshold: 1,
    minutes: 1,
  });
}

function addOutboxAlarms(board: AlarmBoard, outbox: NonNullable<PoolAlarmsProps['outbox']>, pool: PoolMetrics): void {
  board.add('OutboxAge', {
    // SQS tells no age of what it gave out three times, which mail is within a minute; the function tells of what it tries, at least
    // every quarter of an hour, and nothing where it cannot run.
    metric: new MathExpression({
      expression: 'MAX([FILL(tried, 0), FILL(queued, 0)])',
      usingMetrics: {
        tried: pool.outboxAge,
        queued: outbox.queue.metricApproximateAgeOfOldestMessage({ period: MINUTE, statistic: Stats.MAXIMUM }),
      },
      period: MINUTE,
      label: 'age of the oldest (s)',
    }),
    description:
      'Accepted mail has waited for a quarter of an hour to be submitted. The submission server is down or refuses: `caravan outbox list`.',
    threshold: OUTBOX_AGE_SECONDS,
    minutes: 1,
    ofMinutes: OUTBOX_TRIED_WITHIN_MINUTES,
  });
  board.add('OutboxDeadLetters', {
    metric: outbox.deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: Stats.MAXIMUM }),
    description:
      'Mail could not be submitted and was given up. Look at `caravan outbox list`, then `retry` or `drop` it.',
    threshold: 1,
    minutes: 1,
  });
}
