/** One device's FolderSync, FolderCreate, FolderUpdate and FolderDelete: keys, retries, and what it has not heard of. */
import type { Log, Random } from '../../platform/index.ts';
import type { FolderChange, FolderChangeAnswer, HierarchyAnswer } from '../sync.ts';
import { formatSyncKey, newSeries, parseSyncKey } from '../sync-key.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';
import {
  type DeviceFolders,
  decodeDeviceFolders,
  digestOf,
  encodeDeviceFolders,
  resultAnswer,
} from './device-folders.ts';
import { changeFolder, effectOf } from './folder-changes.ts';
import type { FolderRegistry } from './folder-registry.ts';
import type { Hierarchy } from './hierarchy.ts';
import { changesSince, hasSeenAll, NOTHING_SEEN, type SeenFolders, withOwn } from './seen-folders.ts';
import type { Mailbox } from '../../backends/index.ts';

interface Parts {
  readonly sort: string;
  readonly mailbox: Mailbox;
  readonly hierarchy: Hierarchy;
  readonly records: UserRecords;
  readonly random: Random;
  readonly log: Log;
}

/** How a key stands to the stored state. */
type Standing = { readonly seen: SeenFolders; readonly generation: number; readonly isRetry: boolean };

export class DeviceHierarchy {
  readonly #parts: Parts;
  #record: UserRecord | undefined;
  #state: DeviceFolders | undefined;
  #isLoaded = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Callers see to it that there is one call at a time. */
  async sync(syncKey: string): Promise<HierarchyAnswer> {
    const registry = await this.#parts.hierarchy.fresh();
    await this.#load();
    if (syncKey === '0') return this.#start(registry);
    const standing = await this.#standingOf(syncKey, registry);
    if (!standing) return { kind: 'invalid-key' };
    const state = this.#state as DeviceFolders;
    const changes = changesSince(standing.seen, registry);
    if (!standing.isRetry && hasSeenAll(standing.seen, registry)) {
      return { kind: 'changes', syncKey, changes };
    }
    const isSameAnswer = standing.isRetry && state.results.length === 0 && state.seen.version === registry.version;
    if (!isSameAnswer) {
      const results = standing.isRetry ? state.results : [];
      await this.#advance(state, standing, { version: registry.version, own: {} }, results);
    }
    return { kind: 'changes', syncKey: this.#currentKey(), changes };
  }

  /** Callers see to it that there is one call at a time. */
  async change(syncKey: string, change: FolderChange): Promise<FolderChangeAnswer> {
    const registry = await this.#parts.hierarchy.registry();
    await this.#load();
    const standing = await this.#standingOf(syncKey, registry);
    if (!standing) return { kind: 'refused', reason: 'invalid-key' };
    const state = this.#state as DeviceFolders;
    const digest = digestOf(change);
    const done = standing.isRetry ? state.results.find((result) => result.digest === digest) : undefined;
    if (done) return resultAnswer(this.#currentKey(), done.id);
    const outcome = await this.#make(change, standing, digest, registry);
    if (outcome.kind === 'refused') return outcome;
    const { id, registry: after } = outcome;
    const results = [...(standing.isRetry ? state.results : []), { digest, id }];
    await this.#advance(state, standing, withOwn(standing.seen, id, after.version), results);
    return resultAnswer(this.#currentKey(), id);
  }

  /** A change that a server began and did not live to record is done if its effect is there. */
  async #make(change: FolderChange, { generation }: Standing, digest: string, registry: FolderRegistry) {
    const { begun } = this.#state as DeviceFolders;
    const wasBegun = begun?.generation === generation && begun.digest === digest;
    const now = wasBegun ? await this.#parts.hierarchy.fresh() : registry;
    const effect = wasBegun ? effectOf(change, now) : undefined;
    if (effect !== undefined) return { kind: 'done', id: effect, registry: now } as const;
    const outcome = await changeFolder(this.#parts.hierarchy, this.#parts.mailbox, change, async () => {
      if (!wasBegun) await this.#store({ ...(this.#state as DeviceFolders), begun: { generation, digest } });
    });
    // The same change is not done because somebody else makes such a folder later.
    if (outcome.kind === 'refused' && this.#state?.begun) await this.#store({ ...this.#state, begun: undefined });
    return outcome;
  }

  /** The key of a device that was not told everything, and the version of what there is; undefined if it was, or never asked. */
  async lacking(): Promise<{ readonly had: string; readonly version: number } | undefined> {
    const registry = await this.#parts.hierarchy.registry();
    await this.#load();
    if (this.#state === undefined || hasSeenAll(this.#state.seen, registry)) return undefined;
    return { had: this.#currentKey(), version: registry.version };
  }

  forget(): void {
    this.#isLoaded = false;
    this.#state = undefined;
    this.#record = undefined;
  }

  async #start(registry: FolderRegistry): Promise<HierarchyAnswer> {
    const state = this.#state;
    const isRepeated = state !== undefined && state.generation === 1 && state.previous === undefined;
    if (!isRepeated || !hasSeenAll(state.seen, registry)) {
      await this.#store({
        series: newSeries(this.#parts.random),
        generation: 1,
        seen: { version: registry.version, own: {} },
        previous: undefined,
        results: [],
      });
    }
    return { kind: 'changes', syncKey: this.#currentKey(), changes: changesSince(NOTHING_SEEN, registry) };
  }

  async #standingOf(syncKey: string, registry: FolderRegistry): Promise<Standing | undefined> {
    const standing = this.#locate(syncKey);
    if (standing) return standing.seen.version < registry.forgotten ? undefined : standing;
    // Another server may have written since: one consistent read before the key is called invalid.
    this.forget();
    await this.#load();
    const second = this.#locate(syncKey);
    return second && second.seen.version >= registry.forgotten ? second : undefined;
  }

  #locate(syncKey: string): Standing | undefined {
    const key = parseSyncKey(syncKey);
    const state = this.#state;
    if (!key || !state || key.series !== state.series) return undefined;
    if (key.generation === state.generation) {
      return { seen: state.seen, generation: state.generation, isRetry: false };
    }
    if (key.generation === state.previous?.generation) return { ...state.previous, isRetry: true };
    return undefined;
  }

  async #advance(
    state: DeviceFolders,
    from: Standing,
    seen: SeenFolders,
    results: DeviceFolders['results'],
  ): Promise<void> {
    await this.#store({
      series: state.series,
      generation: state.generation + 1,
      seen,
      previous: { generation: from.generation, seen: from.seen },
      results,
    });
  }

  #currentKey(): string {
    const state = this.#state as DeviceFolders;
    return formatSyncKey(state.series, state.generation);
  }

  async #load(): Promise<void> {
    if (this.#isLoaded) return;
    this.#record = await this.#parts.records.read(this.#parts.sort);
    this.#isLoaded = true;
    if (!this.#record) return;
    try {
      this.#state = decodeDeviceFolders(this.#record.attributes);
    } catch (error) {
      this.#parts.log.error({ error, item: this.#parts.sort }, 'a state cannot be read: its series begins again');
      this.#state = undefined;
    }
  }

  async #store(state: DeviceFolders): Promise<void> {
    try {
      this.#record = await this.#parts.records.write(
        this.#parts.sort,
        this.#record?.version,
        encodeDeviceFolders(state),
      );
      this.#state = state;
    } catch (error) {
      this.forget();
      throw error;
    }
  }
}
