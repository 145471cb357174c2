/**
 * A set of UIDs as sorted, disjoint, inclusive runs `[first, last]`: mailboxes are dense, so ten thousand messages are a
 * handful of numbers (sync-state.md has the measurements). Immutable.
 */
export class UidRuns {
  static readonly empty = new UidRuns([]);
  readonly runs: readonly (readonly [first: number, last: number])[];

  private constructor(runs: readonly (readonly [number, number])[]) {
    this.runs = runs;
  }

  /** From UIDs in any order, repeated or not. */
  static of(uids: Iterable<number>): UidRuns {
    return UidRuns.ofRuns(Array.from(uids, (uid) => [uid, uid] as const));
  }

  /** From runs in any order, overlapping or not. */
  static ofRuns(runs: Iterable<readonly [number, number]>): UidRuns {
    const sorted = [...runs].sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [first, last] of sorted) {
      const tail = merged.at(-1);
      if (tail && first <= tail[1] + 1) tail[1] = Math.max(tail[1], last);
      else merged.push([first, last]);
    }
    return merged.length === 0 && UidRuns.empty ? UidRuns.empty : new UidRuns(merged);
  }

  get size(): number {
    let size = 0;
    for (const [first, last] of this.runs) size += last - first + 1;
    return size;
  }

  has(uid: number): boolean {
    let low = 0;
    let high = this.runs.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const [first, last] = this.runs[middle] as readonly [number, number];
      if (uid < first) high = middle - 1;
      else if (uid > last) low = middle + 1;
      else return true;
    }
    return false;
  }

  union(other: UidRuns): UidRuns {
    if (other.runs.length === 0) return this;
    if (this.runs.length === 0) return other;
    return UidRuns.ofRuns([...this.runs, ...other.runs]);
  }

  /** Those of this set that are not in `other`. */
  minus(other: UidRuns): UidRuns {
    if (other.runs.length === 0 || this.runs.length === 0) return this;
    const left: [number, number][] = [];
    let at = 0;
    for (const [first, last] of this.runs) {
      let from = first;
      while (at < other.runs.length && (other.runs[at]?.[1] ?? 0) < from) at++;
      for (let i = at; i < other.runs.length && from <= last; i++) {
        const [otherFirst, otherLast] = other.runs[i] as readonly [number, number];
        if (otherFirst > last) break;
        if (otherFirst > from) left.push([from, otherFirst - 1]);
        from = Math.max(from, otherLast + 1);
      }
      if (from <= last) left.push([from, last]);
    }
    return UidRuns.ofRuns(left);
  }

  intersection(other: UidRuns): UidRuns {
    return this.minus(this.minus(other));
  }

  /** In ascending order. */
  *[Symbol.iterator](): Iterator<number> {
    for (const [first, last] of this.runs) for (let uid = first; uid <= last; uid++) yield uid;
  }

  /** The IMAP sequence-set form, `1:5,9`; empty for the empty set. */
  toString(): string {
    return this.runs.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`)).join(',');
  }
}
