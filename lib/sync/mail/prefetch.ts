/**
 * The messages of a device's next window, fetched while it digests the last one. Kept a few seconds, of bounded size, and
 * used only if they were fetched for the same way of rendering.
 */
import type { FetchedMessage } from '../../backends/index.ts';
import type { Clock, Timer } from '../../platform/index.ts';
import type { SyncSettings } from '../settings.ts';
import type { FetchPlan } from '../../backends/index.ts';
import type { ItemSource } from './item-source.ts';

interface Prefetched {
  readonly rendering: string;
  readonly mark: number;
  readonly uids: ReadonlySet<number>;
  readonly messages: Promise<readonly FetchedMessage[]>;
  readonly bytes: number;
  readonly timer: Timer;
}

export interface FetchRequest {
  readonly source: ItemSource;
  readonly backendId: string;
  readonly mark: number;
  /** Says how items are rendered: what was fetched for another text is no use. */
  readonly rendering: string;
  readonly plan: FetchPlan;
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

  start(key: string, request: FetchRequest, bytes: number): void {
    this.drop(key);
    if (request.uids.length === 0 || this.#bytes + bytes > this.#settings.prefetchTotalBytes) return;
    this.#bytes += bytes;
    const messages = request.source.fetch(request.backendId, request.uids, request.plan);
    // A failure shows when somebody asks; nobody may.
    messages.catch(() => undefined);
    const timer = this.#clock.after(this.#settings.prefetchKeepMs, () => this.drop(key));
    const { rendering, mark, uids } = request;
    this.#entries.set(key, { rendering, mark, uids: new Set(uids), messages, bytes, timer });
  }

  /** The messages by UID: those fetched ahead from memory, the rest from the backend. Those gone are left out. */
  async fetch(key: string, request: FetchRequest): Promise<ReadonlyMap<number, FetchedMessage>> {
    const ahead = this.#take(key, request);
    const missing = ahead ? request.uids.filter((uid) => !ahead.uids.has(uid)) : request.uids;
    const rest = missing.length === 0 ? [] : request.source.fetch(request.backendId, missing, request.plan);
    const early = ahead ? request.uids.filter((uid) => ahead.uids.has(uid)) : [];
    const [late, soon] = await Promise.all([
      rest,
      ahead?.messages.catch(() => request.source.fetch(request.backendId, early, request.plan)),
    ]);
    const found = new Map<number, FetchedMessage>();
    for (const message of late) found.set(message.uid, message);
    const wanted = new Set(early);
    for (const message of soon ?? []) if (wanted.has(message.uid)) found.set(message.uid, message);
    return found;
  }

  drop(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.timer.cancel();
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }

  close(): void {
    for (const key of this.#entries.keys()) this.drop(key);
  }

  #take(key: string, { rendering, mark }: FetchRequest): Prefetched | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.drop(key);
    return entry.rendering === rendering && entry.mark === mark ? entry : undefined;
  }
}
