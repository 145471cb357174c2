/** The page of a server alone, in the order of a pool's: are devices served, what is about to break, what does it cost. */
import { type IAlarm, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { FileSystem } from 'aws-cdk-lib/aws-efs';
import { Construct } from 'constructs';
import { MINUTE } from './alarm-board.ts';
import { COMMANDS, createPage, graph, heading } from './dashboard-parts.ts';
import type { PoolMetrics } from './pool-metrics.ts';
import type { SprayerMetrics } from './sprayer-metrics.ts';

export interface StandaloneDashboardProps {
  readonly name: string;
  /** Of the server: a pool of one. */
  readonly server: PoolMetrics;
  readonly sprayer: SprayerMetrics;
  readonly files: FileSystem;
  readonly alarms: readonly IAlarm[];
}

export class StandaloneDashboard extends Construct {
  constructor(scope: Construct, id: string, props: StandaloneDashboardProps) {
    super(scope, id);
    const { server, sprayer, files } = props;
    const ofFiles = (metricName: string, statistic: string, label: string, more: Record<string, string> = {}) =>
      new Metric({
        namespace: 'AWS/EFS',
        metricName,
        dimensionsMap: { FileSystemId: files.fileSystemId, ...more },
        statistic,
        period: MINUTE,
        label,
      });
    createPage(this, props, [
      heading('Are devices served?'),
      [
        graph('Requests, and what failed', [sprayer.requests], [sprayer.ownFailures, sprayer.serverFailures]),
        graph(
          'Commands',
          COMMANDS.map((command) => server.commandSeconds(command)),
        ),
        graph('How late mail is noticed', [server.monitorLag]),
      ],
      [
        graph('The server is ready', [sprayer.readyServers]),
        graph('Users and devices', [server.users, server.devices, server.waitingDevices]),
      ],
      heading('What is about to break?'),
      [
        graph('Availability', [server.availabilityIndex], [server.constrainedServers]),
        graph('The process', [server.eventLoopDelay], [server.memoryRatio]),
        graph('The limit of the files', [ofFiles('PercentIOLimit', Stats.MAXIMUM, 'of what they can do (%)')]),
      ],
      heading('What does it cost? (prices: docs/costs.md)'),
      [
        graph(
          'Bytes of the files',
          [ofFiles('StorageBytes', Stats.AVERAGE, 'kept', { StorageClass: 'Total' })],
          [ofFiles('MeteredIOBytes', Stats.SUM, 'read and written')],
        ),
        graph('Capacity units of the sprayer', [sprayer.consumedUnits], [sprayer.connections]),
      ],
    ]);
  }
}
