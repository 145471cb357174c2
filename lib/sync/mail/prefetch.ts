/**
 * The messages of a device's next windows, fetched while it digests the last one: one window after the other, so that the
 * mail system is never idle while the device asks. Kept a few seconds, of bounded size, and used only if they were fetched
 * for the same way of rendering.
 */
import type { FetchedMessage, FetchPlan } from '../../backends/index.ts';
import type { Clock, Timer } from '../../platform/index.ts';
import type { SyncSettings } from '../settings.ts';
import type { ItemSource } from './item-source.ts';

interface Piece {
  readonly uids: ReadonlySet<number>;
  readonly messages: Promise<readonly FetchedMessage[]>;
  readonly bytes: number;
}

interface Prefetched {
  readonly rendering: string;
  readonly mark: number;
  readonly pieces: readonly Piece[];
  readonly timer: Timer;
}

export interface FetchWay {
  readonly source: ItemSource;
  readonly backendId: string;
  readonly mark: number;
  /** Says how items are rendered: what was fetched for another text is no use. */
  readonly rendering: string;
  readonly plan: FetchPlan;
}

export interface FetchRequest extends FetchWay {
  readonly uids: readonly number[];
}

export class Prefetcher {
  readonly #clock: Clock;
  readonly #settings: SyncSettings;
  readonly #entries = new Map<string, Prefetched>();
  #bytes = 0;

  constructor(clock: Clock, settings: SyncSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** `windows`: in the order of asking, instead of those that were to come before. Sizes are those of whole messages. */
  start(key: string, way: FetchWay, windows: readonly (readonly number[])[], sizeOf: (uid: number) => number): void {
    const wanted = windows.flat();
    const kept = this.#take(key, way).filter(({ uids }) => wanted.some((uid) => uids.has(uid)));
    const pieces = [...kept];
    for (const window of windows) {
      const missing = window.filter((uid) => !kept.some(({ uids }) => uids.has(uid)));
      const held = pieces.reduce((sum, { bytes }) => sum + bytes, 0);
      const { uids, bytes } = this.#fitting(missing, sizeOf, held);
      if (uids.length > 0) pieces.push(piece(way, uids, bytes, pieces.at(-1)));
      if (uids.length < missing.length) break;
    }
    this.#keep(key, way, pieces);
  }

  /** The messages by UID: those fetched ahead from memory, the rest from the backend. Those gone are left out. */
  async fetch(key: string, request: FetchRequest): Promise<ReadonlyMap<number, FetchedMessage>> {
    const wanted = new Set(request.uids);
    const pieces = this.#take(key, request);
    const used = pieces.filter(({ uids }) => request.uids.some((uid) => uids.has(uid)));
    this.#keep(
      key,
      request,
      pieces.filter((it) => !used.includes(it)),
    );
    const missing = request.uids.filter((uid) => !used.some(({ uids }) => uids.has(uid)));
    const now = async (uids: readonly number[]) =>
      uids.length === 0 ? [] : await request.source.fetch(request.backendId, uids, request.plan);
    const fetched = await Promise.all([
      now(missing),
      ...used.map(({ uids, messages }) => messages.catch(() => now(request.uids.filter((uid) => uids.has(uid))))),
    ]);
    const found = new Map<number, FetchedMessage>();
    for (const message of fetched.flat()) if (wanted.has(message.uid)) found.set(message.uid, message);
    return found;
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.timer.cancel();
    this.#entries.delete(key);
    this.#bytes -= sizeOfAll(entry.pieces);
  }

  close(): void {
    for (const key of this.#entries.keys()) this.drop(key);
  }

  /** As many as may be fetched beside so many bytes for the same device; one of any size where there is nothing else. */
  #fitting(
    missing: readonly number[],
    sizeOf: (uid: number) => number,
    heldBytes: number,
  ): { readonly uids: readonly number[]; readonly bytes: number } {
    const { prefetchLimitBytes, prefetchTotalBytes } = this.#settings;
    const roomBytes = Math.min(prefetchLimitBytes, prefetchTotalBytes - this.#bytes) - heldBytes;
    let bytes = 0;
    for (const [index, uid] of missing.entries()) {
      const size = sizeOf(uid);
      const isAlone = index === 0 && this.#bytes + heldBytes === 0;
      if (bytes + size > roomBytes && !isAlone) return { uids: missing.slice(0, index), bytes };
      bytes += size;
    }
    return { uids: missing, bytes };
  }

  #take(key: string, { rendering, mark }: FetchWay): readonly Piece[] {
    const entry = this.#entries.get(key);
    this.drop(key);
    return entry?.rendering === rendering && entry.mark === mark ? entry.pieces : [];
  }

  #keep(key: string, { rendering, mark }: FetchWay, pieces: readonly Piece[]): void {
    if (pieces.length === 0) return;
    this.#bytes += sizeOfAll(pieces);
    const timer = this.#clock.after(this.#settings.prefetchKeepMs, () => this.drop(key));
    this.#entries.set(key, { rendering, mark, pieces, timer });
  }
}

const sizeOfAll = (pieces: readonly Piece[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/** After what was begun before: the device asks for that first. */
function piece(
  { source, backendId, plan }: FetchWay,
  uids: readonly number[],
  bytes: number,
  before: Piece | undefined,
): Piece {
  const fetch = () => source.fetch(backendId, uids, plan);
  const messages = before ? before.messages.then(fetch, fetch) : fetch();
  // A failure shows when somebody asks; nobody may.
  messages.catch(() => undefined);
  return { uids: new Set(uids), messages, bytes };
}
