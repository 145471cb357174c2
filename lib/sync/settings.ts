/** How fresh, how much and how long: the engine's settings and their defaults. */
export interface SyncSettings {
  /** A folder that nothing pushes for is looked at again when the last look is older. */
  readonly staleViewMs: number;
  /** A folder that the monitor pushes for is looked at again all the same when the last look is older. */
  readonly liveViewMs: number;
  /**
   * A collection whose token the monitor reads now and then is looked at again for a Sync when the last look, or the last time that
   * its token was found the same, is older: a change made elsewhere is seen no later. For who waits, `liveViewMs` holds.
   */
  readonly polledViewMs: number;
  /** The folder list is read again for a FolderSync when the last reading is older. */
  readonly staleHierarchyMs: number;
  /** What was fetched ahead for a device's next window is dropped when it did not ask for it in so long. */
  readonly prefetchKeepMs: number;
  /** Messages of so many bytes together are fetched ahead for one device, and for all devices of a user together. */
  readonly prefetchLimitBytes: number;
  readonly prefetchTotalBytes: number;
  /** An answer for one collection ends when the content fetched for it reaches so much; at least one item is sent. */
  readonly answerLimitBytes: number;
  /** Decoded collection states kept in memory for one user. */
  readonly stateCacheBytes: number;
  /** A message that cannot be rendered is tried again after so long. */
  readonly poisonRetryMs: number;
  /** A folder that no device asked about for so long is not watched any more. */
  readonly watchLingerMs: number;
  /** The same of a collection whose token has to be asked for. */
  readonly pollLingerMs: number;
  /** First and longest pause before the monitor tries again after a failure. */
  readonly monitorRetryMs: number;
  readonly monitorRetryLimitMs: number;
}

export const DEFAULT_SYNC_SETTINGS: SyncSettings = {
  staleViewMs: 1_000,
  liveViewMs: 60_000,
  polledViewMs: 15_000,
  staleHierarchyMs: 10_000,
  prefetchKeepMs: 10_000,
  prefetchLimitBytes: 16 * 1024 * 1024,
  prefetchTotalBytes: 64 * 1024 * 1024,
  answerLimitBytes: 16 * 1024 * 1024,
  stateCacheBytes: 4 * 1024 * 1024,
  poisonRetryMs: 24 * 3_600_000,
  watchLingerMs: 3_600_000,
  pollLingerMs: 600_000,
  monitorRetryMs: 1_000,
  monitorRetryLimitMs: 60_000,
};
