/** Looks at the tokens of all collections, by one request a home: often after a change, seldom when nothing changes for long. */
import { reasonOf, type Timer } from '../../platform/index.ts';
import type { FolderEvent, Watch } from '../backend.ts';
import type { DavCollection } from './collections.ts';
import type { DavEnvironment } from './configuration.ts';

const POLL_GROWTH = 1.5;

export class DavWatch implements Watch {
  readonly #environment: DavEnvironment;
  readonly #list: () => Promise<readonly DavCollection[]>;
  readonly #listener: (event: FolderEvent) => void;
  /** Undefined before the first look. */
  #tokens: Map<string, string> | undefined;
  #hierarchy: string | undefined;
  #watched: ReadonlySet<string> = new Set();
  #pollMs: number;
  #timer: Timer | undefined;
  #isPolling = false;
  #isInterrupted = false;
  #isClosed = false;

  constructor(
    environment: DavEnvironment,
    list: () => Promise<readonly DavCollection[]>,
    listed: readonly DavCollection[] | undefined,
    listener: (event: FolderEvent) => void,
  ) {
    this.#environment = environment;
    this.#list = list;
    this.#listener = listener;
    this.#tokens = listed && tokensOf(listed);
    this.#hierarchy = listed && hierarchyOf(listed);
    this.#isInterrupted = listed === undefined;
    this.#pollMs = environment.timeouts.pollMinSeconds * 1_000;
    this.#schedule(0);
  }

  /** What changed before is told by the next look, which is due now. */
  update(folderIds: readonly string[]): void {
    const more = folderIds.filter((id) => !this.#watched.has(id));
    this.#watched = new Set(folderIds);
    // What came between its watcher's last look and now was told to nobody.
    for (const id of more) this.#tokens?.delete(id);
    if (more.length > 0) this.#hurry();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #hurry(): void {
    this.#pollMs = this.#environment.timeouts.pollMinSeconds * 1_000;
    if (!this.#isPolling) this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    if (!this.#isClosed) this.#timer = this.#environment.clock.after(delayMs, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    if (this.#isPolling || this.#isClosed) return;
    this.#isPolling = true;
    const { timeouts, random, log } = this.#environment;
    const asOf = this.#environment.clock.monotonic();
    let isChanged = false;
    try {
      const listed = await this.#list();
      if (this.#isInterrupted) this.#tell({ kind: 'resumed' });
      this.#isInterrupted = false;
      isChanged = this.#compare(listed, asOf);
    } catch (error) {
      if (!this.#isInterrupted) log.warn({ reason: reasonOf(error) }, 'the watch on the calendars is interrupted');
      this.#isInterrupted = true;
    } finally {
      this.#isPolling = false;
    }
    const leastMs = timeouts.pollMinSeconds * 1_000;
    const mostMs = timeouts.pollMaxSeconds * 1_000;
    this.#pollMs = isChanged ? leastMs : Math.min(this.#pollMs * POLL_GROWTH, mostMs);
    // With nobody to tell, the hierarchy alone is of interest.
    if (this.#watched.size === 0) this.#pollMs = mostMs;
    // Jitter keeps thousands of watches from asking all at once.
    this.#schedule(this.#pollMs * (0.9 + 0.2 * random.number()));
  }

  #compare(listed: readonly DavCollection[], asOf: number): boolean {
    const hierarchy = hierarchyOf(listed);
    const before = this.#tokens;
    this.#tokens = tokensOf(listed);
    let isChanged = this.#hierarchy !== undefined && hierarchy !== this.#hierarchy;
    if (isChanged) this.#tell({ kind: 'hierarchy' });
    this.#hierarchy = hierarchy;
    for (const { id, token } of listed) {
      const isSame = token !== undefined && before?.get(id) === token;
      isChanged ||= !isSame && token !== undefined;
      if (!this.#watched.has(id)) continue;
      // Without a token every look may have missed something.
      if (token === undefined) this.#tell({ kind: 'changed', folderId: id });
      else this.#tell({ kind: isSame ? 'unchanged' : 'changed', folderId: id, modseq: token, asOf });
    }
    return isChanged;
  }

  #tell(event: FolderEvent): void {
    if (!this.#isClosed) this.#listener(event);
  }
}

function tokensOf(listed: readonly DavCollection[]): Map<string, string> {
  return new Map(listed.flatMap(({ id, token }) => (token === undefined ? [] : [[id, token] as const])));
}

function hierarchyOf(listed: readonly DavCollection[]): string {
  return JSON.stringify(listed.map(({ id, name, kind }) => JSON.stringify([id, name, kind])).sort());
}
