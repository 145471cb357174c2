/** A pool's figures as CloudWatch has them: the servers' own (lib/server/metrics), those of the canary, and those that AWS makes. */
import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';

const NAMESPACE = 'Caravan';
const MINUTE = Duration.minutes(1);

/** As `caravan_pool_events` tells them. */
export type PoolEventName = 'claim' | 'takeover' | 'give' | 'fence' | 'suspension' | 'unknown-result';

export class PoolMetrics {
  readonly #pool: string;

  constructor(pool: string) {
    this.#pool = pool;
  }

  /** Each server tells its own once a minute, so that the average is that of the servers. */
  get usersPerServer(): Metric {
    return this.#own('Users', Stats.AVERAGE, 'users a server');
  }

  get users(): Metric {
    return this.#own('Users', Stats.SUM, 'users');
  }

  get devices(): Metric {
    return this.#own('Devices', Stats.SUM, 'devices');
  }

  get waitingDevices(): Metric {
    return this.#own('WaitingDevices', Stats.SUM, 'waiting devices');
  }

  get servers(): Metric {
    return this.#own('Users', Stats.SAMPLE_COUNT, 'servers');
  }

  get availabilityIndex(): Metric {
    return this.#own('AvailabilityIndex', Stats.AVERAGE, 'availability index');
  }

  get leastAvailabilityIndex(): Metric {
    return this.#own('AvailabilityIndex', Stats.MINIMUM, 'of the busiest server');
  }

  get constrainedServers(): Metric {
    return this.#own('Constrained', Stats.SUM, 'constrained servers');
  }

  get eventLoopDelay(): Metric {
    return this.#own('EventLoopDelaySeconds', Stats.MAXIMUM, 'event loop late (s)');
  }

  get memoryRatio(): Metric {
    return this.#own('MemoryRatio', Stats.MAXIMUM, 'memory used (share)');
  }

  get monitorLag(): Metric {
    return this.#own('MonitorLagSeconds', Stats.percentile(99), 'monitor lag, p99 (s)');
  }

  get proxiedCommands(): Metric {
    return this.#own('ProxiedCommands', Stats.SUM, 'proxied commands');
  }

  poolEvents(event: PoolEventName): Metric {
    return this.#own('PoolEvents', Stats.SUM, event, { Event: event });
  }

  commandSeconds(command: string): Metric {
    return this.#own('CommandSeconds', Stats.percentile(99), `${command}, p99 (s)`, { Command: command });
  }

  get canaryAvailability(): Metric {
    return this.#own('CanaryAvailability', Stats.AVERAGE, 'availability');
  }

  get canaryLatency(): Metric {
    return this.#own('CanarySeconds', Stats.percentile(99), 'canary, p99 (s)');
  }

  get outboxAge(): Metric {
    return this.#own('OutboxAgeSeconds', Stats.MAXIMUM, 'age of what was tried in vain (s)');
  }

  #own(metricName: string, statistic: string, label: string, dimensions: Record<string, string> = {}): Metric {
    return new Metric({
      namespace: NAMESPACE,
      metricName,
      dimensionsMap: { Pool: this.#pool, ...dimensions },
      statistic,
      period: MINUTE,
      label,
    });
  }
}
