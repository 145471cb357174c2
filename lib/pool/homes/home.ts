// Which pool a user belongs to, where there are several (docs/homes.md).

/** `HOME#<user>` / `HOME` in the home map. */
export interface Home {
  readonly user: string;
  readonly pool: string;
  /** The home epoch: one more with every change of home, and with every move that was called off. */
  readonly epoch: number;
  /** `moving`: the pool gives the user up. `lost`: the pool may not claim the user; another takes the user over. */
  readonly state: 'here' | 'moving' | 'lost';
  /** While moving or lost: where to. */
  readonly to?: string | undefined;
  /** Wall clock of the last change, for people. */
  readonly since: number;
}

/** Where a pool's own items are. */
export interface StorePlace {
  readonly table: string;
  readonly region?: string | undefined;
  readonly endpoint?: string | undefined;
}

/** What a pool says of itself: `POOLS` / `POOL#<pool>` in the home map. */
export interface PoolReport {
  /** Of its front door, without a path. */
  readonly url: string;
  /** `imap.example.org` or what else names its mail system. */
  readonly mailServer: string;
  readonly site?: string | undefined;
  /** Users that it has room for; undefined for no bound. */
  readonly room?: number | undefined;
  /** Users whom its servers serve now. */
  readonly users: number;
  /** So long it goes on without hearing from the map; undefined: without end. */
  readonly tenureMs?: number | undefined;
  readonly store: StorePlace;
}

export interface PoolPlace extends PoolReport {
  readonly pool: string;
  /** One more with every fail-over of its users: what its servers knew before does not count any more. */
  readonly term: number;
  /** `failing-over`: its users are being given to others. */
  readonly state: 'up' | 'failing-over';
  /** Its users are moved to others, and nobody new comes to it. */
  readonly isEvacuated: boolean;
  /** Every user whom it has has a home: who has none is nobody's yet. Once true, always. */
  readonly isEnrolled: boolean;
  /** Until then and of then: users who had got theirs, and some of those whom another pool had too (they are at home there). */
  readonly enrolledUsers: number;
  readonly conflicts: readonly string[];
  /** Wall clock of the last report. */
  readonly seen: number;
}
