/** One page that answers in this order: are devices served, who owns what, what is about to break, what does it cost. */
import type { IAlarm, IWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MINUTE } from './alarm-board.ts';
import { COMMANDS, createPage, graph, heading } from './dashboard-parts.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import type { SprayerMetrics } from './sprayer-metrics.ts';
import type { StoreMetrics } from './store-metrics.ts';

export interface PoolDashboardProps {
  readonly name: string;
  readonly pool: PoolMetrics;
  readonly sprayer: SprayerMetrics;
  readonly store: StoreMetrics;
  /** Undefined where mail does not wait in the cloud. */
  readonly outbox: { readonly queue: IQueue; readonly deadLetters: IQueue } | undefined;
  readonly alarms: readonly IAlarm[];
  readonly hasCanary: boolean;
}

export class PoolDashboard extends Construct {
  constructor(scope: Construct, id: string, props: PoolDashboardProps) {
    super(scope, id);
    createPage(this, props, [...served(props), ...ownership(props), ...aboutToBreak(props), ...costs(props)]);
  }
}

const served = ({ pool, sprayer, hasCanary }: PoolDashboardProps): IWidget[][] => [
  heading('Are devices served?'),
  [
    ...(hasCanary ? [graph('A device of ours, once a minute', [pool.canaryAvailability], [pool.canaryLatency])] : []),
    graph('Requests, and what failed', [sprayer.requests], [sprayer.ownFailures, sprayer.serverFailures]),
    graph(
      'Commands',
      COMMANDS.map((command) => pool.commandSeconds(command)),
    ),
    graph('How late mail is noticed', [pool.monitorLag]),
  ],
];

const ownership = ({ pool, sprayer }: PoolDashboardProps): IWidget[][] => [
  heading('Who owns what?'),
  [
    graph('Users and devices', [pool.users, pool.devices, pool.waitingDevices]),
    graph('Servers', [sprayer.readyServers, pool.servers], [pool.usersPerServer]),
    graph('Users that move', [pool.poolEvents('claim'), pool.poolEvents('give'), pool.poolEvents('takeover')]),
  ],
];

const aboutToBreak = ({ pool, store, outbox }: PoolDashboardProps): IWidget[][] => [
  heading('What is about to break?'),
  [
    graph('Availability', [pool.availabilityIndex, pool.leastAvailabilityIndex], [pool.constrainedServers]),
    graph('Processes', [pool.eventLoopDelay], [pool.memoryRatio]),
    graph('The store', [store.throttles, pool.poolEvents('unknown-result'), pool.poolEvents('suspension')]),
  ],
  [
    ...(outbox ? [waitingMail(outbox, pool)] : []),
    graph('Servers that ended', [pool.poolEvents('fence'), pool.poolEvents('takeover')]),
  ],
];

const waitingMail = (outbox: NonNullable<PoolDashboardProps['outbox']>, pool: PoolMetrics): IWidget =>
  graph(
    'Mail that waits to be submitted',
    [
      outbox.queue.metricApproximateNumberOfMessagesVisible({ period: MINUTE, label: 'waiting' }),
      outbox.deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTE, label: 'given up' }),
    ],
    [pool.outboxAge],
  );

const costs = ({ pool, sprayer, store }: PoolDashboardProps): IWidget[][] => [
  heading('What does it cost? (prices: docs/costs.md)'),
  [
    graph('Tasks', [pool.servers]),
    graph('Requests of the table', [store.readUnits, store.writeUnits]),
    graph('Capacity units of the sprayer', [sprayer.consumedUnits], [sprayer.connections]),
  ],
];
