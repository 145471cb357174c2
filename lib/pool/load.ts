/** What a server says of its load with each beat; `availability.ts` makes one of measurements. */
export interface Load {
  /** Availability index, −100 (refuses) … 100 (idle). */
  readonly index: number;
  /** Why it is constrained; undefined if it is not. */
  readonly constrained: string | undefined;
  readonly devices: number;
}
