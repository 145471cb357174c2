/** What runs beside the servers: who should give users to whom, who died, and whether devices are served. */
import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BundledFunction } from './bundled-function.ts';
import type { Servers } from './servers.ts';
import type { Store } from './store.ts';

interface Common {
  readonly bundles: string;
  readonly retention: RetentionDays;
  /** The pool and its table: `CARAVAN_POOL`, `CARAVAN_TABLE`. */
  readonly environment: Readonly<Record<string, string>>;
}

const EVERY_MINUTE = Schedule.rate(Duration.minutes(1));
const TIMEOUT_SECONDS = 50;
/** The least that AWS takes for a queue. */
const LEAST_CONCURRENCY = 2;

/** A minute that failed is not tried again: the next one has come by then. */
const onceAMinute = (scope: Construct, target: BundledFunction, description: string): Rule =>
  new Rule(scope, 'EveryMinute', {
    description,
    schedule: EVERY_MINUTE,
    targets: [new LambdaFunction(target, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
  });

/** The balance decision of the pool, once a minute; its orders ride on the servers' beats. */
export class Balancer extends Construct {
  readonly function: BundledFunction;

  constructor(scope: Construct, id: string, { store, ...common }: Common & { readonly store: Store }) {
    super(scope, id);
    this.function = new BundledFunction(this, 'Function', {
      ...common,
      name: 'balancer',
      description: 'Decides which server should give users to which',
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    store.grantUse(this.function);
    onceAMinute(this, this.function, 'Balances the pool');
  }
}

/** A task that leaves is drained, and one that has stopped is fenced, as soon as ECS tells of it. */
export class TaskStopped extends Construct {
  readonly function: BundledFunction;
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { store, servers, ...common }: Common & { readonly store: Store; readonly servers: Servers },
  ) {
    super(scope, id);
    const encryption = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new Queue(this, 'DeadLetters', { ...encryption, retentionPeriod: Duration.days(14) });
    this.queue = new Queue(this, 'Queue', {
      ...encryption,
      visibilityTimeout: Duration.seconds(6 * TIMEOUT_SECONDS),
      // After a day there is nothing left to fence: the others have done it within seconds.
      retentionPeriod: Duration.days(1),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: 5 },
    });
    new Rule(this, 'Events', {
      description: 'Tasks of the pool that stop',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          clusterArn: [servers.cluster.clusterArn],
          group: [`service:${servers.service.serviceName}`],
          // Of a task's way all from DEACTIVATING on, two minutes before SIGTERM, to STOPPED.
          desiredStatus: ['STOPPED'],
        },
      },
      targets: [new SqsQueue(this.queue, { deadLetterQueue: this.deadLetters })],
    });
    this.function = new BundledFunction(this, 'Function', {
      ...common,
      name: 'task-stopped',
      description: 'Drains a server that ECS takes away, and fences the session of a task that has stopped',
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    // A call that finds no room counts as one that failed, and five of those end among the dead letters.
    this.function.takes(
      new SqsEventSource(this.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: LEAST_CONCURRENCY,
      }),
    );
    store.grantUse(this.function);
  }
}

/** A device of ours that syncs through the front door, as phones do: from outside the network. */
export class Canary extends Construct {
  readonly function: BundledFunction;

  constructor(
    scope: Construct,
    id: string,
    { secret, url, environment, ...common }: Common & { readonly secret: string; readonly url: string },
  ) {
    super(scope, id);
    this.function = new BundledFunction(this, 'Function', {
      ...common,
      name: 'canary',
      description: 'Syncs a test mailbox through the front door',
      environment: { ...environment, CARAVAN_CANARY_URL: url, CARAVAN_CANARY_SECRET_ARN: secret },
      timeoutSeconds: TIMEOUT_SECONDS,
    });
    Secret.fromSecretCompleteArn(this, 'Mailbox', secret).grantRead(this.function);
    onceAMinute(this, this.function, 'Syncs a test mailbox');
  }
}
