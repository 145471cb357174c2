import { PoolError } from './errors.ts';
import type { PoolSettings } from './pool.ts';

export const DEFAULT_POOL_SETTINGS: PoolSettings = {
  beatMs: 2_000,
  leaseMs: 10_000,
  requestTimeoutMs: 1_000,
  drainMs: 100_000,
};

/** A server stops this much of a lease after its beat was sent; the rest is the margin for clock rates and effects under way. */
export const OWN_DEADLINE_SHARE = 0.75;
const BEATS_A_LEASE = 4;

/** Fills in the defaults. Throws PoolError('pool-settings-invalid') for times under which a healthy server would be fenced. */
export function poolSettings(given: Partial<PoolSettings> = {}): PoolSettings {
  const settings = { ...DEFAULT_POOL_SETTINGS, ...given };
  for (const [name, value] of Object.entries(settings)) {
    if (!Number.isFinite(value) || value <= 0) throw invalid(`${name} is ${value}, and a time above zero is needed`);
  }
  if (settings.leaseMs < BEATS_A_LEASE * settings.beatMs)
    throw invalid(`a lease of ${settings.leaseMs} ms is under ${BEATS_A_LEASE} beats of ${settings.beatMs} ms`);
  if (settings.requestTimeoutMs > settings.beatMs)
    throw invalid(`a request may take ${settings.requestTimeoutMs} ms, longer than a beat of ${settings.beatMs} ms`);
  return Object.freeze(settings);
}

const invalid = (why: string): PoolError =>
  new PoolError('pool-settings-invalid', "The pool's times do not fit together", {
    why,
    remedy: 'Change them together: leaseMs ≥ 4 × beatMs, requestTimeoutMs ≤ beatMs.',
  });
