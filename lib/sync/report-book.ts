/**
 * Rule 8: a device that is told of changes again and again and does not sync them is told no more, until the folder moves.
 * One book a device.
 */
import type { Clock } from '../platform/index.ts';

/** So often the same changes are reported. */
const REPORTS_LIMIT = 3;
/** Two questions so close together are one report: a completion, and the request that runs again for it. */
const SAME_REPORT_MS = 250;

interface Report {
  /** What the device had when it was told, and the version of the folder that it was told of. */
  readonly had: string;
  readonly version: number;
  readonly count: number;
  readonly at: number;
}

export class ReportBook {
  readonly #clock: Clock;
  readonly #reports = new Map<string, Report>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** May the device be told (once more) that this folder has changes? */
  mayReport(collectionId: string, had: string, version: number): boolean {
    const at = this.#clock.monotonic();
    const last = this.#reports.get(collectionId);
    if (last?.had !== had || last.version !== version) {
      this.#reports.set(collectionId, { had, version, count: 1, at });
      return true;
    }
    if (at - last.at < SAME_REPORT_MS) return last.count <= REPORTS_LIMIT;
    const count = last.count + 1;
    this.#reports.set(collectionId, { had, version, count, at });
    return count <= REPORTS_LIMIT;
  }
}
