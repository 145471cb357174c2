/** Collection states: decoded ones in memory, least recently used first out, all of them in the store. */
import type { Log } from '../../platform/index.ts';
import type { UserRecord, UserRecords } from '../user-records.ts';
import { type CollectionState, currentHolding, optionsText } from './collection-state.ts';
import type { Holding } from './holding.ts';
import { decodeState, encodeState } from './state-codec.ts';

export interface LoadedState {
  readonly state: CollectionState;
  /** At `state.generation`. */
  readonly current: Holding;
  /** Of the item in the store. */
  readonly version: number;
  readonly optionsText: string;
  /** How often the device was given an answer under the previous key. */
  answers: number;
  /** How often a Sync under the newest key broke off because the mail system failed at one item. */
  failures: number;
  /** The device came with the newest key: what comes with the one before is a request that it gave up, and no poison's sign. */
  isKeyUsed: boolean;
  /** The folder, seen so, had nothing for the device: an unchanged Sync need not look again. */
  quiet: { readonly version: number; readonly cutOff: number; readonly until: number } | undefined;
}

/** What an entry takes in memory beside its holdings. */
const ENTRY_BYTES = 800;

export interface StateSlot {
  /** Undefined: there is none, or none that can be read. */
  readonly loaded: LoadedState | undefined;
  /** Of the item in the store; undefined: there is none. */
  readonly version: number | undefined;
}

interface Entry extends StateSlot {
  readonly bytes: number;
}

export class CollectionStates {
  readonly #records: UserRecords;
  readonly #log: Log;
  readonly #limitBytes: number;
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(records: UserRecords, log: Log, limitBytes: number) {
    this.#records = records;
    this.#log = log;
    this.#limitBytes = limitBytes;
  }

  /** `again`: from the store even if it is in memory. A state that cannot be read is as good as none. */
  async load(sort: string, again = false): Promise<StateSlot> {
    const known = this.#entries.get(sort);
    if (known && !again) {
      this.#entries.delete(sort);
      this.#entries.set(sort, known);
      return known;
    }
    const record = await this.#records.read(sort);
    return this.#keep(sort, record && this.#decoded(sort, record), record?.version);
  }

  /** In memory, if it is there. */
  peek(sort: string): LoadedState | undefined {
    const entry = this.#entries.get(sort);
    if (!entry) return undefined;
    this.#entries.delete(sort);
    this.#entries.set(sort, entry);
    return entry.loaded;
  }

  /**
   * In the place of the item whose version was `previous`. Throws SyncError if it cannot be told that the state is stored;
   * then memory forgets it too.
   */
  async store(
    sort: string,
    previous: number | undefined,
    state: CollectionState,
    answers: number,
  ): Promise<LoadedState> {
    this.forget(sort);
    const record = await this.#records.write(sort, previous, encodeState(state));
    const loaded = loadedFrom(state, record.version, answers);
    this.#keep(sort, loaded, record.version);
    return loaded;
  }

  forget(sort: string): void {
    const entry = this.#entries.get(sort);
    if (!entry) return;
    this.#entries.delete(sort);
    this.#bytes -= entry.bytes;
  }

  #decoded(sort: string, record: UserRecord): LoadedState | undefined {
    try {
      return loadedFrom(decodeState(record.attributes), record.version, 1);
    } catch (error) {
      this.#log.error({ error, item: sort }, 'a state cannot be read: its series begins again');
      return undefined;
    }
  }

  #keep(sort: string, loaded: LoadedState | undefined, version: number | undefined): StateSlot {
    this.forget(sort);
    const bytes = ENTRY_BYTES + (loaded ? loaded.current.bytes + loaded.state.base.bytes : 0);
    const entry: Entry = { loaded, version, bytes };
    this.#entries.set(sort, entry);
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limitBytes || oldest === sort) break;
      this.forget(oldest);
    }
    return entry;
  }
}

function loadedFrom(state: CollectionState, version: number, answers: number): LoadedState {
  return {
    state,
    current: currentHolding(state),
    version,
    optionsText: optionsText(state.options),
    answers,
    failures: 0,
    isKeyUsed: false,
    quiet: undefined,
  };
}
