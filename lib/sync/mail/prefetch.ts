/**
 * The items of a device's next windows, fetched and made ready while it digests the last one: one window after the other, so that
 * neither the mail system nor this server is idle while the device asks. Kept a few seconds, of bounded size, and used only
 * if they were fetched for the same way of rendering.
 */
import type { FetchedMessage, FetchPlan } from '../../backends/index.ts';
import type { Clock, Timer } from '../../platform/index.ts';
import type { SyncSettings } from '../settings.ts';
import type { ItemSource } from './item-source.ts';

/** What is kept of a message. */
export interface Ready {
  readonly uid: number;
}

interface Piece<R extends Ready> {
  readonly uids: ReadonlySet<number>;
  readonly items: Promise<readonly R[]>;
  readonly bytes: number;
}

interface Prefetched<R extends Ready> {
  readonly rendering: string;
  readonly mark: number;
  readonly pieces: readonly Piece<R>[];
  readonly timer: Timer;
}

export interface FetchWay<R extends Ready> {
  readonly source: ItemSource;
  readonly backendId: string;
  readonly mark: number;
  /** Says how items are rendered: what was fetched for another text is no use. */
  readonly rendering: string;
  readonly plan: FetchPlan;
  /** Makes ready what was fetched, as soon as it comes. Must not throw. */
  readonly make: (message: FetchedMessage) => R;
}

export interface FetchRequest<R extends Ready> extends FetchWay<R> {
  readonly uids: readonly number[];
}

export class Prefetcher<R extends Ready> {
  readonly #clock: Clock;
  readonly #settings: SyncSettings;
  readonly #entries = new Map<string, Prefetched<R>>();
  #bytes = 0;

  constructor(clock: Clock, settings: SyncSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** `windows`: in the order of asking, instead of those that were to come before. Sizes are those of whole messages. */
  start(key: string, way: FetchWay<R>, windows: readonly (readonly number[])[], sizeOf: (uid: number) => number): void {
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

  /** By UID: those fetched ahead from memory, the rest from the backend. Those gone are left out. */
  async fetch(key: string, request: FetchRequest<R>): Promise<ReadonlyMap<number, R>> {
    const wanted = new Set(request.uids);
    const pieces = this.#take(key, request);
    const used = pieces.filter(({ uids }) => request.uids.some((uid) => uids.has(uid)));
    this.#keep(
      key,
      request,
      pieces.filter((it) => !used.includes(it)),
    );
    const missing = request.uids.filter((uid) => !used.some(({ uids }) => uids.has(uid)));
    const now = async (uids: readonly number[]) => (uids.length === 0 ? [] : await fetchReady(request, uids));
    const fetched = await Promise.all([
      now(missing),
      ...used.map(({ uids, items }) => items.catch(() => now(request.uids.filter((uid) => uids.has(uid))))),
    ]);
    const found = new Map<number, R>();
    for (const item of fetched.flat()) if (wanted.has(item.uid)) found.set(item.uid, item);
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

  #take(key: string, { rendering, mark }: FetchWay<R>): readonly Piece<R>[] {
    const entry = this.#entries.get(key);
    this.drop(key);
    return entry?.rendering === rendering && entry.mark === mark ? entry.pieces : [];
  }

  #keep(key: string, { rendering, mark }: FetchWay<R>, pieces: readonly Piece<R>[]): void {
    if (pieces.length === 0) return;
    this.#bytes += sizeOfAll(pieces);
    const timer = this.#clock.after(this.#settings.prefetchKeepMs, () => this.drop(key));
    this.#entries.set(key, { rendering, mark, pieces, timer });
  }
}

const sizeOfAll = (pieces: readonly Piece<Ready>[]): number => pieces.reduce((sum, { bytes }) => sum + bytes, 0);

/** After what was begun before: the device asks for that first. */
function piece<R extends Ready>(
  way: FetchWay<R>,
  uids: readonly number[],
  bytes: number,
  before: Piece<R> | undefined,
): Piece<R> {
  const fetch = () => fetchReady(way, uids);
  const items = before ? before.items.then(fetch, fetch) : fetch();
  // A failure shows when somebody asks; nobody may.
  items.catch(() => undefined);
  return { uids: new Set(uids), items, bytes };
}

/** Each message is made ready when it comes: the mail system sends the next ones meanwhile. */
export async function fetchReady<R extends Ready>(
  { source, backendId, plan, make }: FetchWay<R>,
  uids: readonly number[],
): Promise<readonly R[]> {
  const ready = new Map<number, R>();
  const messages = await source.fetch(backendId, uids, plan, (message) => ready.set(message.uid, make(message)));
  return messages.map((message) => ready.get(message.uid) ?? make(message));
}
