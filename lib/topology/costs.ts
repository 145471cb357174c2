/** What a month of a pool or of a server alone costs, line by line, each with its arithmetic. */
import { PRICES } from './prices.ts';

export interface CostLine {
  readonly item: string;
  /** With every number in it: `3 × (1 × $0.03238 + 4 × $0.00356) × 730`. */
  readonly arithmetic: string;
  readonly usdPerMonth: number;
}

/** What is assumed of a device and of the deployment; measure your own and put it in here. */
export const ASSUMPTIONS = {
  devicesPerUser: 1.5,
  usersPerServer: 2_000,
  leastServers: 3,
  zones: 3,
  /** Of a device: Pings of a quarter of an hour, and what it does between them. */
  requestsPerDay: 150,
  megabytesPerDay: 5,
  /** Items of up to 1 KB that its syncs write, and reads of up to 4 KB. */
  storeWritesPerDay: 200,
  storeReadsPerDay: 40,
  storedKilobytes: 100,
  logBytesPerRequest: 400,
  /** Of a server: figures once a minute, and what it says of itself. */
  serverLogMegabytesPerDay: 10,
  beatSeconds: 2,
  /** Of several pools: a server hears of the homes, and tells of itself. */
  homesReadSeconds: 5,
  homesWriteSeconds: 60,
  /** A write of half a unit, on its way to another region. */
  replicatedKilobytes: 0.5,
  homeKilobytes: 0.3,
  /** Series that a pool's servers tell together; those of Container Insights come on top. */
  customMetrics: 120,
  containerInsightsMetrics: 30,
  alarms: 10,
} as const;

const A = ASSUMPTIONS;
const HOURS = 730;
const DAYS = 30.4;
const SECONDS_A_DAY = 86_400;
const MILLION = 1_000_000;
const MEGABYTES_A_GIGABYTE = 1_000;
const BYTES_A_GIGABYTE = 1_000_000_000;
/** A unit of the load balancer's is so many connections; they, not the requests, are what phones use up. */
const CONNECTIONS_PER_UNIT = 3_000;
const TASK_GIGABYTES = 4;
/** Balancer and canary, once a minute, half a second of 0.5 GB each. */
const FUNCTION_CALLS_A_MONTH = 2 * 60 * 24 * DAYS;
const FUNCTION_GIGABYTE_SECONDS = 0.25;
/** Servers read each other's items in one query: half a kilobyte each, 4 KB a unit. */
const SERVERS_PER_READ_UNIT = 8;

const dollars = (price: number): string => `$${price}`;
/** What is told is what is multiplied, so that a reader gets the same. */
const asTold = (value: number): number => Number(value.toPrecision(6));

/** `factors`: numbers as they are, prices as `{ usd }`. */
function line(item: string, ...factors: readonly (number | { readonly usd: number })[]): CostLine {
  return {
    item,
    arithmetic: factors.map((it) => (typeof it === 'number' ? String(asTold(it)) : dollars(it.usd))).join(' × '),
    usdPerMonth: factors.reduce<number>((product, it) => product * (typeof it === 'number' ? asTold(it) : it.usd), 1),
  };
}

const taskHour = {
  usd: Number((PRICES.fargateArmCpuHour + TASK_GIGABYTES * PRICES.fargateArmGigabyteHour).toFixed(5)),
};

export interface PoolSize {
  readonly servers: number;
  readonly zones: number;
  /** Of each gateway. */
  readonly natAddresses: number;
}

const usualSize = (devices: number): PoolSize => ({
  servers: Math.max(A.leastServers, Math.ceil(devices / A.devicesPerUser / A.usersPerServer)),
  zones: A.zones,
  natAddresses: 1,
});

/** What devices are sent; as much comes from the mail system. */
const gigabytesOf = (devices: number): number => (devices * A.megabytesPerDay * DAYS) / MEGABYTES_A_GIGABYTE;

/**
 * Of a pool in a network of its own with NAT; without the firewall, and without the mail system's own traffic. A request comes to any of
 * the servers, and where another owns its user it goes on to that one, mostly in another zone. What an Application Load Balancer passes
 * between zones AWS does not charge for (cattsolutions.com/aws-cross-zone-load-balancing), nor the ways to a table and a file system.
 */
export function poolCosts(devices: number, { servers, zones, natAddresses } = usualSize(devices)): readonly CostLine[] {
  const beats = (servers * SECONDS_A_DAY) / A.beatSeconds;
  return [
    line('Servers: tasks × (1 vCPU and 4 GB an hour) × hours', servers, taskHour, HOURS),
    ...frontCosts(devices, zones),
    line('Traffic: GB × share that another server owns, in another zone', gigabytesOf(devices), (zones - 1) / zones, {
      usd: PRICES.zoneTransferGigabyte,
    }),
    ...natCosts(devices, zones, natAddresses),
    line('Table: million writes of beats', (beats * DAYS) / MILLION, { usd: PRICES.tableMillionWrites }),
    line('Table: million reads of beats', (beats * DAYS * Math.ceil(servers / SERVERS_PER_READ_UNIT)) / MILLION, {
      usd: PRICES.tableMillionReads,
    }),
    line('Table: million writes of syncs', (devices * A.storeWritesPerDay * DAYS) / MILLION, {
      usd: PRICES.tableMillionWrites,
    }),
    line('Table: million reads of syncs', (devices * A.storeReadsPerDay * DAYS) / MILLION, {
      usd: PRICES.tableMillionReads,
    }),
    line('Table: GB kept, and kept for restoring', (devices * A.storedKilobytes) / MILLION, {
      usd: PRICES.tableGigabyteMonth + PRICES.tableBackupGigabyteMonth,
    }),
    line('Functions: million calls', FUNCTION_CALLS_A_MONTH / MILLION, { usd: PRICES.functionMillionCalls }),
    line('Functions: GB seconds', FUNCTION_CALLS_A_MONTH * FUNCTION_GIGABYTE_SECONDS, {
      usd: PRICES.functionArmGigabyteSecond,
    }),
    ...watchCosts(devices, servers),
    line('Secrets: the key of the pool, the canary', 2, { usd: PRICES.secretMonth }),
    line('Key', 1, { usd: PRICES.keyMonth }),
  ];
}

/** Of a server alone, in a network of two zones. */
export function standaloneCosts(devices: number, natAddresses = 1): readonly CostLine[] {
  const zones = 2;
  return [
    line('Server: (1 vCPU and 4 GB an hour) × hours', 1, taskHour, HOURS),
    ...frontCosts(devices, zones),
    ...natCosts(devices, zones, natAddresses),
    line('Database: GB kept', (devices * A.storedKilobytes) / MILLION, { usd: PRICES.fileGigabyteMonth }),
    ...watchCosts(devices, 1),
    line('Key', 1, { usd: PRICES.keyMonth }),
  ];
}

/** A gateway a zone, whose servers go by that of their own zone. */
const natCosts = (devices: number, zones: number, addresses: number): readonly CostLine[] => [
  line('NAT: gateways × hours', zones, { usd: PRICES.natGatewayHour }, HOURS),
  line('NAT: addresses × hours', zones * addresses, { usd: PRICES.publicAddressHour }, HOURS),
  line('NAT: GB from the mail system', gigabytesOf(devices), { usd: PRICES.natGigabyte }),
];

const frontCosts = (devices: number, zones: number): readonly CostLine[] => [
  line('Sprayer: hours', { usd: PRICES.loadBalancerHour }, HOURS),
  line(
    'Sprayer: units (a connection a device) × hours',
    devices / CONNECTIONS_PER_UNIT,
    {
      usd: PRICES.loadBalancerUnitHour,
    },
    HOURS,
  ),
  line('Sprayer: addresses × hours', zones, { usd: PRICES.publicAddressHour }, HOURS),
  line('Traffic: GB to devices', gigabytesOf(devices), { usd: PRICES.transferOutGigabyte }),
];

const watchCosts = (devices: number, servers: number): readonly CostLine[] => [
  line(
    'Logs: GB',
    (devices * A.requestsPerDay * A.logBytesPerRequest * DAYS) / BYTES_A_GIGABYTE +
      (servers * A.serverLogMegabytesPerDay * DAYS) / MEGABYTES_A_GIGABYTE,
    { usd: PRICES.logGigabyte },
  ),
  line('Metrics: series', A.customMetrics + A.containerInsightsMetrics, { usd: PRICES.customMetricMonth }),
  line('Alarms', A.alarms, { usd: PRICES.alarmMonth }),
  line('Dashboard', 1, { usd: PRICES.dashboardMonth }),
];

export interface SharedHomes {
  readonly users: number;
  readonly servers: number;
  /** All regions that have a pool. */
  readonly regions: number;
  /** `failOverTo`: the table of the pool has a replica in another region. */
  readonly isReplicated: boolean;
}

/** What a pool costs more where it is one of several that share homes. */
export function geographyCosts(
  devices: number,
  { users, servers, regions, isReplicated }: SharedHomes,
): readonly CostLine[] {
  const often = (seconds: number) => (servers * SECONDS_A_DAY * DAYS) / seconds / MILLION;
  const writes = (((servers * SECONDS_A_DAY) / A.beatSeconds + devices * A.storeWritesPerDay) * DAYS) / MILLION;
  const replicated = { usd: PRICES.tableMillionReplicatedWrites };
  return [
    line('Homes: million reads', often(A.homesReadSeconds), { usd: PRICES.tableMillionReads }),
    line('Homes: million writes × regions', often(A.homesWriteSeconds), regions, replicated),
    line('Homes: GB kept × regions', (users * A.homeKilobytes) / MILLION, regions, { usd: PRICES.tableGigabyteMonth }),
    ...(isReplicated
      ? [
          line('Replica of the table: million writes', writes, replicated),
          line('Replica of the table: GB on the way', writes * A.replicatedKilobytes, {
            usd: PRICES.tableReplicationGigabyte,
          }),
          line('Replica of the table: GB kept', (devices * A.storedKilobytes) / MILLION, {
            usd: PRICES.tableGigabyteMonth,
          }),
        ]
      : []),
  ];
}

export const sumOf = (lines: readonly CostLine[]): number =>
  lines.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);
