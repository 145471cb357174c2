/** What AWS asks for in US East (N. Virginia), in US dollars, without what is free in the first year. Other regions: up to half more. */

/** Whose prices these should be. They were not looked up on a day: look them up before you rely on them. */
export const PRICES_OF = 'June 2025';

export const PRICES = {
  fargateArmCpuHour: 0.03238,
  fargateArmGigabyteHour: 0.00356,
  loadBalancerHour: 0.0225,
  loadBalancerUnitHour: 0.008,
  publicAddressHour: 0.005,
  natGatewayHour: 0.045,
  natGigabyte: 0.045,
  interfaceEndpointHour: 0.01,
  tableMillionWrites: 0.625,
  tableMillionReads: 0.125,
  tableGigabyteMonth: 0.25,
  tableBackupGigabyteMonth: 0.2,
  functionArmGigabyteSecond: 0.0000133334,
  functionMillionCalls: 0.2,
  logGigabyte: 0.5,
  customMetricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  secretMonth: 0.4,
  keyMonth: 1,
  fileGigabyteMonth: 0.3,
  transferOutGigabyte: 0.09,
  firewallMonth: 5,
  firewallRuleMonth: 1,
  firewallMillionRequests: 0.6,
} as const;
