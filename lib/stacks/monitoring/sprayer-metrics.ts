/** The sprayer's figures. */
import { type IMetric, MathExpression, type Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Sprayer } from '../sprayer.ts';
import { MINUTE } from './alarm-board.ts';

export class SprayerMetrics {
  readonly #sprayer: Sprayer;

  constructor(sprayer: Sprayer) {
    this.#sprayer = sprayer;
  }

  get requests(): Metric {
    return this.#balancer.requestCount({ period: MINUTE, statistic: Stats.SUM, label: 'requests' });
  }

  /** What it answered itself, since no server did. */
  get ownFailures(): Metric {
    return this.#balancer.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, {
      period: MINUTE,
      statistic: Stats.SUM,
      label: '5xx of the sprayer',
    });
  }

  get serverFailures(): Metric {
    return this.#balancer.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, {
      period: MINUTE,
      statistic: Stats.SUM,
      label: '5xx of servers',
    });
  }

  /**
   * In hundredths of all requests; a few in a quiet night are no more than a few. Requests for which there was no server at all are
   * among its failures, and not among its requests, which have no figure then.
   */
  get failureShare(): MathExpression {
    const all = '(FILL(requests, 0) + failures)';
    return new MathExpression({
      expression: `100 * failures / IF(${all} > 100, ${all}, 100)`,
      usingMetrics: { failures: this.ownFailures, requests: this.requests },
      period: MINUTE,
      label: '5xx of the sprayer (%)',
    });
  }

  get readyServers(): IMetric {
    return this.#sprayer.targets.metrics.healthyHostCount({
      period: MINUTE,
      statistic: Stats.MINIMUM,
      label: 'ready servers',
    });
  }

  get connections(): Metric {
    return this.#balancer.activeConnectionCount({ period: MINUTE, statistic: Stats.SUM, label: 'connections' });
  }

  get consumedUnits(): Metric {
    return this.#balancer.consumedLCUs({
      period: MINUTE,
      statistic: Stats.SUM,
      label: 'capacity units of the sprayer',
    });
  }

  get #balancer() {
    return this.#sprayer.loadBalancer.metrics;
  }
}
