/**
 * What a device holds of a mail folder: UIDs, and the flags that it was last told of each. Immutable. Comparing these with
 * the folder is the whole of change detection: the device's own changes need no list of echoes, and a mailbox whose
 * MODSEQ went back or which was restored from a backup needs no special case.
 */
import { UidRuns } from '../../backends/index.ts';
import { runsOf } from './folder-snapshot.ts';
import { type ItemIds, newIds } from './item-ids.ts';

/** UIDs under a mark that is no more, or of which it is not known whether the device holds them: all to be deleted. */
export interface StaleUids {
  readonly mark: number;
  readonly uids: UidRuns;
}

/** Changes to a holding: `undefined` takes a UID out, a flag text puts it in or changes it. */
export type HoldingChanges = ReadonlyMap<number, string | undefined>;

export class Holding {
  readonly mark: number;
  /** Ascending. */
  readonly uids: ItemIds;
  /** Places in `texts`. */
  readonly flags: Uint32Array;
  readonly texts: readonly string[];
  readonly stale: readonly StaleUids[];

  constructor(parts: {
    mark: number;
    uids: ItemIds;
    flags: Uint32Array;
    texts: readonly string[];
    stale: readonly StaleUids[];
  }) {
    this.mark = parts.mark;
    this.uids = parts.uids;
    this.flags = parts.flags;
    this.texts = parts.texts;
    this.stale = parts.stale.filter(({ uids }) => uids.runs.length > 0);
  }

  static empty(mark = 0, stale: readonly StaleUids[] = []): Holding {
    return new Holding({ mark, uids: new Uint32Array(), flags: new Uint32Array(), texts: [], stale });
  }

  get size(): number {
    return this.uids.length;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return 400 + this.uids.byteLength + this.flags.byteLength + this.texts.length * 40 + this.stale.length * 200;
  }

  /** Undefined if the device does not hold the message. */
  flagTextOf(uid: number): string | undefined {
    let low = 0;
    let high = this.uids.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const at = this.uids[middle] as number;
      if (uid < at) high = middle - 1;
      else if (uid > at) low = middle + 1;
      else return this.texts[this.flags[middle] as number];
    }
    return undefined;
  }

  /** Under another mark every UID lost its meaning: what is held now is stale. */
  underMark(mark: number): Holding {
    if (mark === this.mark) return this;
    const stale = [...this.stale, { mark: this.mark, uids: runsOf(this.uids) }];
    return Holding.empty(mark, stale);
  }

  /** Without stale UIDs that the device was told to delete. */
  withoutStale(told: readonly StaleUids[]): Holding {
    if (told.length === 0) return this;
    const stale = this.stale.map(({ mark, uids }) => ({
      mark,
      uids: told.filter((each) => each.mark === mark).reduce((left, each) => left.minus(each.uids), uids),
    }));
    const { mark, uids, flags, texts } = this;
    return new Holding({ mark, uids, flags, texts, stale });
  }

  with(changes: HoldingChanges): Holding {
    if (changes.size === 0) return this;
    const texts = [...this.texts];
    const places = new Map(texts.map((text, place) => [text, place]));
    const placeOf = (text: string): number => {
      let place = places.get(text);
      if (place === undefined) {
        place = texts.push(text) - 1;
        places.set(text, place);
      }
      return place;
    };
    const sorted = [...changes].sort((a, b) => a[0] - b[0]);
    const greatest = Math.max(this.uids.at(-1) ?? 0, sorted.at(-1)?.[0] ?? 0);
    const uids = newIds(this.uids.length + sorted.length, greatest);
    const flags = new Uint32Array(uids.length);
    let length = 0;
    let next = 0;
    const put = (uid: number, place: number) => {
      uids[length] = uid;
      flags[length++] = place;
    };
    for (let old = 0; old <= this.uids.length; old++) {
      const uid = old < this.uids.length ? (this.uids[old] as number) : Number.POSITIVE_INFINITY;
      for (; next < sorted.length && (sorted[next]?.[0] as number) < uid; next++) {
        const [changed, text] = sorted[next] as readonly [number, string | undefined];
        if (text !== undefined) put(changed, placeOf(text));
      }
      if (old === this.uids.length) break;
      if (sorted[next]?.[0] === uid) {
        const text = sorted[next++]?.[1];
        if (text !== undefined) put(uid, placeOf(text));
      } else put(uid, this.flags[old] as number);
    }
    const { mark } = this;
    const held = { uids: uids.slice(0, length), flags: flags.slice(0, length), texts };
    return new Holding({ mark, ...held, stale: this.#staleWithout(sorted) });
  }

  /** What is put in is known to be held. */
  #staleWithout(changes: readonly (readonly [number, string | undefined])[]): readonly StaleUids[] {
    if (!this.stale.some(({ mark }) => mark === this.mark)) return this.stale;
    const put = UidRuns.of(changes.flatMap(([uid, text]) => (text === undefined ? [] : [uid])));
    return this.stale.map(({ mark, uids }) => ({ mark, uids: mark === this.mark ? uids.minus(put) : uids }));
  }
}
