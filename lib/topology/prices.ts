/** What AWS asks for in US East (N. Virginia), in US dollars, without what is free in the first year. Other regions: up to half more. */

/** When the prices were looked up. */
export const PRICES_OF = 'November 2026';

/** The price, where it was read in November 2026, and the date that the page gives; without a page it is an assumption. */
type Price = readonly [usd: number, page?: string, dated?: string];

const UNDATED = `undated, read in ${PRICES_OF}`;

/** AWS's own price pages fill in their figures as they are shown, so that these are others' transcripts of them. */
export const PRICE_TABLE = {
  fargateArmCpuHour: [0.03238, 'vantage.sh/blog/fargate-pricing', UNDATED],
  fargateArmGigabyteHour: [0.00356, 'vantage.sh/blog/fargate-pricing', UNDATED],
  loadBalancerHour: [0.0225, 'awsnegotiations.com/elastic-load-balancer-cost.html', 'May 2026'],
  loadBalancerUnitHour: [0.008, 'awsnegotiations.com/elastic-load-balancer-cost.html', 'May 2026'],
  publicAddressHour: [
    0.005,
    'github.com/ChiefGyk3D/Clouds-Against-Humanity/wiki/Provider-AWS-Cost-Lesson',
    '2026-10-16',
  ],
  natGatewayHour: [0.045, 'leanopstech.com/blog/aws-data-transfer-pricing-2026', '2026-04-27'],
  natGigabyte: [0.045, 'leanopstech.com/blog/aws-data-transfer-pricing-2026', '2026-04-27'],
  interfaceEndpointHour: [0.01, 'zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint', '2026-06-01'],
  tableMillionWrites: [0.625, 'airbyte.com/data-engineering-resources/dynamodb-pricing', '2025-07-21'],
  tableMillionReads: [0.125, 'airbyte.com/data-engineering-resources/dynamodb-pricing', '2025-07-21'],
  tableMillionReplicatedWrites: [
    0.625,
    'usage.ai/blogs/aws/reserved-instances/dynamodb/global-tables-cost',
    'after November 2024',
  ],
  tableReplicationGigabyte: [
    0.09,
    'usage.ai/blogs/aws/reserved-instances/dynamodb/global-tables-cost',
    'after November 2024',
  ],
  tableGigabyteMonth: [
    0.25,
    'usage.ai/blogs/aws/reserved-instances/dynamodb/global-tables-cost',
    'after November 2024',
  ],
  tableBackupGigabyteMonth: [0.2],
  functionArmGigabyteSecond: [0.0000133334, 'wring.co/blog/aws-lambda-pricing-guide', '2026-03-08'],
  functionMillionCalls: [0.2, 'wring.co/blog/aws-lambda-pricing-guide', '2026-03-08'],
  logGigabyte: [0.5, 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards', '2026-06-13'],
  customMetricMonth: [0.3, 'signoz.io/guides/cloudwatch-pricing', '2026-02-15'],
  alarmMonth: [0.1, 'c3x.dev/resources/aws/aws_cloudwatch_metric_alarm', UNDATED],
  dashboardMonth: [3, 'factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards', '2026-06-13'],
  secretMonth: [0.4, 'hivebook.wiki/wiki/aws-secrets-manager-rotated-secrets-dynamic-db-credentials-kms', UNDATED],
  keyMonth: [1, 'cloudburn.io/blog/aws-kms-pricing', '2026-03-14'],
  fileGigabyteMonth: [0.3, 'factualminds.com/blog/amazon-efs-pricing-throughput-modes-storage-classes', '2026-06-13'],
  /** Both ends pay half of it. */
  zoneTransferGigabyte: [0.02, 'leanopstech.com/blog/aws-data-transfer-pricing-2026', '2026-04-27'],
  transferOutGigabyte: [0.09, 'leanopstech.com/blog/aws-data-transfer-pricing-2026', '2026-04-27'],
  firewallMonth: [5, 'awsnegotiations.com/waf-pricing-strategy.html', '2026'],
  firewallRuleMonth: [1, 'awsnegotiations.com/waf-pricing-strategy.html', '2026'],
  firewallMillionRequests: [0.6, 'awsnegotiations.com/waf-pricing-strategy.html', '2026'],
} as const satisfies Readonly<Record<string, Price>>;

export type PriceName = keyof typeof PRICE_TABLE;

export const PRICES = Object.fromEntries(Object.entries(PRICE_TABLE).map(([name, [usd]]) => [name, usd])) as Readonly<
  Record<PriceName, number>
>;

/** `vantage.sh/blog/fargate-pricing, undated` */
export function sourceOf(name: PriceName): string {
  const [, page, dated] = PRICE_TABLE[name] as Price;
  return page === undefined ? `assumed in ${PRICES_OF}: no page with it was found` : `${page}, ${dated}`;
}
