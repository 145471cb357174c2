/** The table's figures. */
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { MINUTE } from './alarm-board.ts';

export class StoreMetrics {
  readonly #table: ITable;

  constructor(table: ITable) {
    this.#table = table;
  }

  get throttles(): MathExpression {
    return new MathExpression({
      expression: 'FILL(reads, 0) + FILL(writes, 0)',
      usingMetrics: {
        reads: this.#of('ReadThrottleEvents', 'reads'),
        writes: this.#of('WriteThrottleEvents', 'writes'),
      },
      period: MINUTE,
      label: 'throttled requests',
    });
  }

  get readUnits(): Metric {
    return this.#of('ConsumedReadCapacityUnits', 'read units');
  }

  get writeUnits(): Metric {
    return this.#of('ConsumedWriteCapacityUnits', 'write units');
  }

  #of(metricName: string, label: string): Metric {
    return new Metric({
      namespace: 'AWS/DynamoDB',
      metricName,
      dimensionsMap: { TableName: this.#table.tableName },
      statistic: Stats.SUM,
      period: MINUTE,
      label,
    });
  }
}
