/**
 * How much of the time a user is served: what each part that may fail takes away, with the assumptions. The mail system is left
 * out: it is the same behind every topology, and devices keep what they have while it is away.
 */
import { number } from './numbers.ts';

export type Kind = 'standalone' | 'pool';

export interface Loss {
  readonly what: string;
  /** With every number in it. */
  readonly arithmetic: string;
  /** Of the time, from 0 to 1. */
  readonly share: number;
}

const SECONDS_A_MONTH = 2_628_000;
const MONTHS_A_YEAR = 12;
/** AWS promises no less (cloudonaut.io/aws-sla-are-you-able-to-keep-your-availability-promise, 2019), and pays back what is less: floors, not means. */
const PROMISED = { 'the load balancer': 0.9999, 'the servers as a service (Fargate)': 0.9999 } as const;
const TABLE_PROMISED = 0.9999;
const FILE_SYSTEM_PROMISED = 0.999;
/** Assumed: how often one process or its machine dies. */
const DEATHS_A_MONTH = 1;
/** Assumed: how often a zone is lost. */
const ZONE_LOSSES_A_YEAR = 1;
/** Assumed: how often a new release is installed. */
const UPGRADES_A_MONTH = 1;
/** The longest that users of a lost server wait: of one that is cut off, p99 (`npm run bench:pool -- frozen`); of one that dies it was 0.27 s. */
const TAKEOVER_SECONDS = 13;
/** Until ECS has started another task on the same file system: 1 to 2 minutes by AWS's word (docs/availability.md). */
const RESTART_SECONDS = 120;

const promised = (what: string, share: number): Loss => ({
  what,
  arithmetic: `1 − ${share}, AWS's promise`,
  share: 1 - share,
});

const outages = (what: string, aMonth: number, seconds: number): Loss => ({
  what,
  arithmetic: `${aMonth < 1 ? `1 ÷ ${MONTHS_A_YEAR}` : aMonth} a month × ${seconds} s ÷ ${number(SECONDS_A_MONTH)} s`,
  share: (aMonth * seconds) / SECONDS_A_MONTH,
});

export function losses(kind: Kind): readonly Loss[] {
  const common = Object.entries(PROMISED).map(([what, share]) => promised(what, share));
  if (kind === 'standalone') {
    return [
      ...common,
      promised('the file system of the database (EFS)', FILE_SYSTEM_PROMISED),
      outages('the server dies', DEATHS_A_MONTH, RESTART_SECONDS),
      outages('its zone is lost', ZONE_LOSSES_A_YEAR / MONTHS_A_YEAR, RESTART_SECONDS),
      outages('an upgrade', UPGRADES_A_MONTH, RESTART_SECONDS),
    ];
  }
  return [
    ...common,
    promised('the table (DynamoDB)', TABLE_PROMISED),
    outages("the user's server dies", DEATHS_A_MONTH, TAKEOVER_SECONDS),
    outages('its zone is lost', ZONE_LOSSES_A_YEAR / MONTHS_A_YEAR, TAKEOVER_SECONDS),
  ];
}

/** From 0 to 1. */
export const availabilityOf = (kind: Kind): number => 1 - losses(kind).reduce((sum, { share }) => sum + share, 0);

const HOURS_A_YEAR = 8_760;
export const hoursAwayAYear = (availability: number): number => (1 - availability) * HOURS_A_YEAR;
