/** What a store counts of itself, where somebody wants to know. */

export type StoreOperation = 'get' | 'put' | 'update' | 'delete' | 'query' | 'scan';

/** How one request ended. `throttled` and `unreachable` were not carried out; of `lost` that is not known. */
export type StoreRequestResult = 'done' | 'refused' | 'throttled' | 'unreachable' | 'lost' | 'failed';

export interface StoreMetrics {
  /** One request ended; retries and further pages are requests of their own. The time is the monotonic clock's. */
  observe(operation: StoreOperation, result: StoreRequestResult, durationMs: number): void;
}

/** For stores that nobody measures. */
export const noStoreMetrics: StoreMetrics = { observe() {} };
