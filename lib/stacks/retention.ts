/** How long logs are kept, as CDK says it. */
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Topology } from '../topology/index.ts';

const RETENTION: Readonly<Record<Topology['logs']['retentionDays'], RetentionDays>> = {
  7: RetentionDays.ONE_WEEK,
  14: RetentionDays.TWO_WEEKS,
  30: RetentionDays.ONE_MONTH,
  60: RetentionDays.TWO_MONTHS,
  90: RetentionDays.THREE_MONTHS,
  180: RetentionDays.SIX_MONTHS,
  365: RetentionDays.ONE_YEAR,
  731: RetentionDays.TWO_YEARS,
};

export const retentionOf = ({ logs }: Topology): RetentionDays => RETENTION[logs.retentionDays];
