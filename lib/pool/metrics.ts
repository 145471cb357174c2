/** What a pool counts. A takeover is a claim over a dead session; the others are called what they are. */
export type PoolEvent =
  | 'claim'
  | 'takeover'
  | 'give'
  | 'fence'
  | 'suspension'
  | 'rejoin'
  | 'conditional-failure'
  | 'unknown-result';

export interface PoolMetrics {
  count(event: PoolEvent): void;
}

export const noPoolMetrics: PoolMetrics = { count() {} };
