/**
 * The owner's one view of a folder, shared by all devices of the user and refreshed from the backend one look at a time.
 * It reaches back as far as any device asked for.
 */
import { type FolderChanges, type FolderPosition, type Standing, UidRuns } from '../../backends/index.ts';
import type { Clock } from '../../platform/index.ts';
import { FolderSnapshot } from './folder-snapshot.ts';
import type { ItemSource } from './item-source.ts';

export interface FolderViewParts {
  readonly source: ItemSource;
  readonly clock: Clock;
  /** The backend's name of the folder now; undefined: it has none, and the view is empty for ever. */
  readonly backendId: () => string | undefined;
  /** The mark for a validity, stored before it is told. */
  readonly markOf: (validity: string) => Promise<number>;
  /** Called after the version moved. */
  readonly moved: () => void;
}

/** What a caller of `fresh` needs: how far back, after which hints, and looked at when. */
interface Need {
  readonly reach: number;
  readonly hints: number;
  readonly notBefore: number;
}

/** More distinct sets of flags than these, and than messages, are mostly of the past. */
const FLAG_SETS_LIMIT = 4_096;

/** Everything, whenever it arrived. */
export const ALL_TIME = 0;

export class FolderView {
  readonly #parts: FolderViewParts;
  #snapshot: FolderSnapshot;
  #modseq: string | undefined;
  /** Milliseconds since 1970: how far back the view reaches; undefined before the first look. */
  #reach: number | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Counts hints of a change; `#seenHints` of them were there when the last look began. */
  #hints = 0;
  #seenHints = 0;
  #look: Promise<void> | undefined;
  #startsOver = false;

  constructor(parts: FolderViewParts) {
    this.#parts = parts;
    this.#snapshot = FolderSnapshot.empty(parts.source.revisionTable?.());
  }

  /** As it is in memory. */
  get snapshot(): FolderSnapshot {
    return this.#snapshot;
  }

  /** Milliseconds since 1970; undefined before the first look. */
  get reach(): number | undefined {
    return this.#reach;
  }

  get isLoaded(): boolean {
    return this.#reach !== undefined || this.#parts.backendId() === undefined;
  }

  /** Something was hinted at since the last look began. */
  get isStale(): boolean {
    return this.#hints !== this.#seenHints;
  }

  /** Something may have changed: the next `fresh` looks, however young the view is. */
  markStale(): void {
    this.#hints++;
  }

  /** It stood there at `asOf` (monotonic): false if the view does not, and has something to look for. */
  confirm({ modseq, asOf }: Standing): boolean {
    if (this.#reach === undefined || this.#modseq !== modseq) return false;
    this.#lookedAt = Math.max(this.#lookedAt, asOf);
    return true;
  }

  /** The next look compares the whole folder, whatever the backend says has not changed. */
  startOver(): void {
    this.#startsOver = true;
    this.#hints++;
  }

  /** A snapshot no older than `maxAgeMs` and no older than the last hint, reaching back to `reach`. Throws BackendError. */
  fresh(reach: number, maxAgeMs: number): FolderSnapshot | Promise<FolderSnapshot> {
    const need = { reach, hints: this.#hints, notBefore: this.#parts.clock.monotonic() - Math.max(0, maxAgeMs) };
    if (this.#parts.backendId() === undefined) this.#empty();
    return this.#satisfies(need) ? this.#snapshot : this.#refreshed(need);
  }

  async #refreshed(need: Need): Promise<FolderSnapshot> {
    while (!this.#satisfies(need)) {
      if (this.#look) await this.#look;
      else {
        this.#look = this.#refresh(Math.min(need.reach, this.#reach ?? need.reach));
        try {
          await this.#look;
        } finally {
          this.#look = undefined;
        }
      }
    }
    return this.#snapshot;
  }

  #satisfies(need: Need): boolean {
    if (this.#parts.backendId() === undefined) return true;
    return (
      this.#reach !== undefined &&
      this.#reach <= need.reach &&
      this.#seenHints >= need.hints &&
      this.#lookedAt >= need.notBefore
    );
  }

  /** The backend has no such folder any more, but devices still expect it. */
  #empty(): void {
    if (this.#snapshot.uids.length === 0) return;
    const { validity, mark } = this.#snapshot;
    const nothing = { validity, modseq: undefined, complete: true, messages: [], vanished: UidRuns.empty };
    this.#snapshot = this.#snapshot.with(nothing, mark);
    this.#reach = undefined;
    this.#parts.moved();
  }

  async #refresh(reach: number): Promise<void> {
    const backendId = this.#parts.backendId();
    if (backendId === undefined) return;
    const hints = this.#hints;
    const startedAt = this.#parts.clock.monotonic();
    const before = this.#snapshot;
    const isWhole = this.#reach === undefined || this.#startsOver;
    this.#startsOver = false;
    const since = isWhole ? undefined : positionOf(before, this.#modseq);
    const after = reach === ALL_TIME ? undefined : new Date(reach);
    const changes: FolderChanges = await this.#parts.source.changes(backendId, since, after);
    const mark = await this.#parts.markOf(changes.validity);
    const snapshot = this.#snapshot.with(changes, mark);
    const isMoved = snapshot !== this.#snapshot;
    const { size } = snapshot.table;
    this.#snapshot = size > FLAG_SETS_LIMIT && size > snapshot.uids.length ? snapshot.compact() : snapshot;
    this.#modseq = changes.modseq;
    this.#reach = reach;
    this.#seenHints = hints;
    this.#lookedAt = startedAt;
    if (isMoved) this.#parts.moved();
  }
}

/** What is known is worked out only if it is asked for. */
function positionOf(snapshot: FolderSnapshot, modseq: string | undefined): FolderPosition {
  return {
    validity: snapshot.validity,
    modseq,
    get known() {
      return snapshot.runs;
    },
  };
}
