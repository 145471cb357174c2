/** How many servers so many devices need. */
import { ASSUMPTIONS } from '../costs.ts';
import { ASSUMED, MEASURED } from './measured.ts';
import { number } from './numbers.ts';

export interface Limit {
  readonly what: string;
  /** With every number in it. */
  readonly arithmetic: string;
  readonly devices: number;
}

const SECONDS_A_DAY = 86_400;
const KILOBYTES_A_GIGABYTE = 1_000_000;
/** What `size.max` of caravan.json takes. */
export const MOST_SERVERS = 500;

/** What one server carries: the least of these. */
export function serverLimits(devicesPerUser: number): readonly Limit[] {
  const memory = ASSUMED.taskGigabytes.value * KILOBYTES_A_GIGABYTE * ASSUMED.usableMemory.value;
  const each = MEASURED.waitingDeviceKilobytes.value + ASSUMED.mailboxKilobytes.value / devicesPerUser;
  const syncs = MEASURED.syncsPerCoreSecond.value * ASSUMED.taskCores.value * ASSUMED.usableCpu.value;
  const requests = (ASSUMPTIONS.requestsPerDay * ASSUMED.busiestMinutes.value) / SECONDS_A_DAY;
  return [
    {
      what: 'memory',
      arithmetic: `${ASSUMED.taskGigabytes.value} GB × ${ASSUMED.usableMemory.value} ÷ (${MEASURED.waitingDeviceKilobytes.value} KB a waiting device + ${ASSUMED.mailboxKilobytes.value} KB a mailbox ÷ ${devicesPerUser} devices a user)`,
      devices: Math.floor(memory / each),
    },
    {
      what: 'CPU',
      arithmetic: `${number(MEASURED.syncsPerCoreSecond.value)} Syncs a second × ${ASSUMED.taskCores.value} vCPU × ${ASSUMED.usableCpu.value} ÷ (${ASSUMPTIONS.requestsPerDay} requests a day × ${ASSUMED.busiestMinutes.value} in the busiest minutes ÷ ${number(SECONDS_A_DAY)} s)`,
      devices: Math.floor(syncs / requests),
    },
    {
      what: 'what was measured',
      arithmetic: 'so many waiting devices a server was seen to hold, and no more are planned on',
      devices: MEASURED.devicesHeld.value,
    },
  ];
}

export const serverCapacity = (devicesPerUser: number): number =>
  Math.min(...serverLimits(devicesPerUser).map(({ devices }) => devices));

/** Equal zones, any one of which may be lost: the others carry all devices (N+1). */
export function poolServers(devices: number, zones: number, capacity: number) {
  const perZone = Math.max(1, Math.ceil(devices / ((zones - 1) * capacity)));
  return {
    servers: perZone * zones,
    arithmetic: `${number(devices)} devices ÷ (${zones - 1} zones that are left when one is lost × ${number(capacity)} a server), rounded up = ${number(perZone)} a zone × ${zones} zones = ${number(perZone * zones)} servers`,
  };
}

/** What a pool of the most servers carries. */
export const mostDevices = (zones: number, capacity: number): number =>
  Math.floor(MOST_SERVERS / zones) * (zones - 1) * capacity;

/** The mean at which AWS adds a server: with a zone lost, each of the others has no more than it carries. */
export const usersPerServer = (zones: number, capacity: number, devicesPerUser: number): number =>
  Math.min(100_000, Math.max(10, Math.floor((capacity * (zones - 1)) / zones / devicesPerUser)));
