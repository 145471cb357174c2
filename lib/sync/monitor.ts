/**
 * The one watch on a user's mailbox: started when a device first needs it, kept alive, and its events turned into looks at
 * the folders that somebody waits for. A storm of events costs one look at a time and one after.
 */
import type { Folder, FolderEvent, Mailbox, Watch } from '../backends/index.ts';
import type { Clock, Log, Timer } from '../platform/index.ts';
import type { Hierarchy } from './folders/hierarchy.ts';
import type { FolderViews } from './mail/folder-views.ts';
import type { SyncSettings } from './settings.ts';

export interface MonitorParts {
  readonly mailbox: Mailbox;
  readonly hierarchy: Hierarchy;
  readonly views: FolderViews;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: SyncSettings;
  /** Somebody waits for this folder. */
  readonly isAwaited: (folderId: string) => boolean;
  /** Anybody waits at all. */
  readonly isAnybodyWaiting: () => boolean;
  /** From what the mailbox told of an awaited folder to the look at it. */
  readonly onLag: (lagMs: number) => void;
}

const MAIL = { itemClass: 'Email' } as const;

export class Monitor {
  readonly #parts: MonitorParts;
  /** Folder id → when it was last wanted, monotonic. */
  readonly #wanted = new Map<string, number>();
  /** Folders being looked at; true: once more afterwards. */
  readonly #looking = new Map<string, boolean>();
  /** Folder id → when the first change was told that nobody has looked at yet, monotonic. */
  readonly #heard = new Map<string, number>();
  readonly #timers = new Set<Timer>();
  #told = '';
  #watch: Watch | undefined;
  #isStarting = false;
  #isInterrupted = false;
  #isClosed = false;
  #retryMs: number;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
    this.#retryMs = parts.settings.monitorRetryMs;
  }

  /** Changes of this folder are told at once while the watch stands. */
  isLive({ kind, itemClass }: Pick<Folder, 'kind' | 'itemClass'>): boolean {
    if (this.#watch === undefined || this.#isInterrupted) return false;
    const { capabilities, resources } = this.#parts.mailbox;
    if (itemClass !== 'Email') return resources?.capabilities.canPush === true;
    return kind === 'inbox' && capabilities.canPush;
  }

  /** This folder is looked at again and again while the watch stands, as cheaply as a token can be read. */
  isPolled({ itemClass }: Pick<Folder, 'itemClass'>): boolean {
    const capabilities = this.#parts.mailbox.resources?.capabilities;
    if (itemClass === 'Email' || !capabilities || capabilities.canPush) return false;
    if (this.#watch === undefined || this.#isInterrupted) return false;
    return capabilities.hasSyncToken && !capabilities.withoutSyncToken?.has(itemClass);
  }

  /** A device wants to hear of this folder. */
  want(folderId: string): void {
    const isNew = !this.#wanted.has(folderId);
    this.#wanted.set(folderId, this.#parts.clock.monotonic());
    if (this.#isClosed) return;
    if (!this.#watch) void this.#start();
    else if (isNew) this.#tell();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) timer.cancel();
    const watch = this.#watch;
    this.#watch = undefined;
    await watch?.close();
  }

  async #start(): Promise<void> {
    if (this.#isStarting || this.#isClosed) return;
    this.#isStarting = true;
    try {
      const watch = await this.#parts.mailbox.watch((event) => this.#hear(event));
      if (this.#isClosed) return await watch.close();
      this.#watch = watch;
      this.#retryMs = this.#parts.settings.monitorRetryMs;
      this.#told = '';
      this.#tell();
      // Whatever happened before the watch stood was told to nobody.
      this.#hear({ kind: 'resumed' });
    } catch (error) {
      this.#parts.log.warn({ error, retryMs: this.#retryMs }, 'the mailbox cannot be watched for now');
      this.#later(() => void this.#start());
    } finally {
      this.#isStarting = false;
    }
  }

  #tell(): void {
    const { clock, settings, hierarchy } = this.#parts;
    const now = clock.monotonic();
    const names: string[] = [];
    for (const [folderId, wantedAt] of this.#wanted) {
      const name = hierarchy.backendIdOf(folderId);
      const isPolled = this.isPolled(hierarchy.known(folderId) ?? MAIL);
      const lingerMs = isPolled ? settings.pollLingerMs : settings.watchLingerMs;
      if (wantedAt < now - lingerMs && !this.#parts.isAwaited(folderId)) this.#wanted.delete(folderId);
      else if (name !== undefined) names.push(name);
    }
    const told = JSON.stringify(names);
    if (told === this.#told) return;
    this.#told = told;
    this.#watch?.update(names);
  }

  #hear(event: FolderEvent): void {
    if (this.#isClosed) return;
    const { views, hierarchy } = this.#parts;
    if (event.kind === 'interrupted' || event.kind === 'resumed') this.#isInterrupted = event.kind === 'interrupted';
    if (event.kind === 'interrupted') return;
    if (event.kind === 'unchanged') {
      views.named(event.folderId)?.[1].confirm(event);
      return this.#tell();
    }
    if (event.kind === 'changed') {
      const [folderId, view] = views.named(event.folderId) ?? [];
      if (folderId === undefined || !view) return;
      const { modseq, asOf } = event;
      // What a device did through us comes back so.
      if (modseq !== undefined && asOf !== undefined && view.confirm({ modseq, asOf }) && !view.isStale) return;
      view.markStale();
      if (!this.#heard.has(folderId)) this.#heard.set(folderId, this.#parts.clock.monotonic());
      void this.#look(folderId);
      return;
    }
    hierarchy.markStale();
    void this.#lookAtHierarchy();
    if (event.kind === 'hierarchy') return;
    views.markAllStale();
    for (const folderId of views.ids()) void this.#look(folderId);
  }

  /** The view tells whoever waits when it moved. */
  async #look(folderId: string): Promise<void> {
    if (this.#isClosed) return;
    // Nobody to be late for.
    if (!this.#parts.isAwaited(folderId)) return void this.#heard.delete(folderId);
    if (this.#looking.has(folderId)) return void this.#looking.set(folderId, true);
    this.#looking.set(folderId, false);
    const heardAt = this.#heard.get(folderId);
    this.#heard.delete(folderId);
    try {
      const view = this.#parts.views.peek(folderId);
      if (view?.reach !== undefined) await view.fresh(view.reach, Number.POSITIVE_INFINITY);
      this.#retryMs = this.#parts.settings.monitorRetryMs;
      if (heardAt !== undefined) this.#parts.onLag(this.#parts.clock.monotonic() - heardAt);
    } catch (error) {
      // The time goes on: the change is still not looked at.
      if (heardAt !== undefined) this.#heard.set(folderId, heardAt);
      this.#parts.log.warn({ error, folderId }, 'a changed folder cannot be looked at for now');
      this.#later(() => void this.#look(folderId));
    } finally {
      const again = this.#looking.get(folderId);
      this.#looking.delete(folderId);
      if (again) void this.#look(folderId);
    }
  }

  async #lookAtHierarchy(): Promise<void> {
    if (this.#isClosed || !this.#parts.isAnybodyWaiting()) return;
    try {
      await this.#parts.hierarchy.fresh();
      this.#tell();
    } catch (error) {
      this.#parts.log.warn({ error }, 'the folders cannot be listed for now');
      this.#later(() => void this.#lookAtHierarchy());
    }
  }

  #later(task: () => void): void {
    const timer = this.#parts.clock.after(this.#retryMs, () => {
      this.#timers.delete(timer);
      task();
    });
    this.#timers.add(timer);
    this.#retryMs = Math.min(this.#retryMs * 2, this.#parts.settings.monitorRetryLimitMs);
  }
}
