// Who serves whom. For a standalone server: itself, everybody. For a pool: a Member in each server (ownership.md).
export { PoolAdministration, type AdministerOptions } from './administer.ts';
export { type Availability, AvailabilityIndex, type Measurements } from './availability.ts';
export { balance, type Give } from './balance.ts';
export { runBalance } from './balancer.ts';
export { Custody, type CustodyOptions } from './custody.ts';
export { chooseServer } from './choose.ts';
export type { GiveHooks, MemberCallbacks } from './callbacks.ts';
export { PoolError, type PoolErrorCode } from './errors.ts';
export type { HomeCheck, HomeGate } from './home-gate.ts';
export type { GiveResult } from './give.ts';
export { type Lease, standaloneLease } from './lease.ts';
export type { Load } from './load.ts';
export { createMember, type MemberOptions } from './member.ts';
export { noPoolMetrics, type PoolEvent, type PoolMetrics } from './metrics.ts';
export {
  custodianOf,
  custodyOf,
  type KnownOwner,
  type Location,
  type Member,
  type MemberState,
  type Ownership,
  type PoolSettings,
  RELEASED,
  type ServerSession,
  type SessionStatus,
  type StaleAnswer,
  type Suspicion,
} from './pool.ts';
export { DEFAULT_POOL_SETTINGS, poolSettings } from './settings.ts';
