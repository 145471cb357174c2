/** What the store keeps for one device and collection (sync-state.md, Items and rules 1 to 7). */
import type { ItemFailure } from '../collection-answer.ts';
import type { CollectionOptions, CollectionRequest } from '../collection-request.ts';
import { applyDelta, type Delta, emptyDelta } from './delta.ts';
import { Holding } from './holding.ts';

export interface CollectionState {
  readonly series: string;
  /** Of the key handed out last. */
  readonly generation: number;
  /** Of the key that the device came with when it was told `delta`; undefined in a series' first generation. */
  readonly previousGeneration: number | undefined;
  /** What the device held at the previous generation. */
  readonly base: Holding;
  /** What it was told beyond that, and beyond its own commands. */
  readonly delta: Delta;
  /** Commands carried out under the previous generation. */
  readonly results: readonly StoredResult[];
  readonly options: CollectionOptions;
  /** The filter's cut-off when `delta` was made, and how far back what is held may reach: milliseconds since 1970. */
  readonly cutOff: number;
  readonly reach: number;
  /** The device has come back with the series' first key. */
  readonly isConfirmed: boolean;
  /** Fewer items an answer than the device asks for, after it failed over larger ones; undefined: no such limit. */
  readonly windowLimit: number | undefined;
  readonly skipped: readonly SkippedItem[];
}

/** A command that took effect or failed for good, by its digest. */
export interface StoredResult {
  readonly digest: string;
  readonly kind: 'add' | 'change' | 'delete' | 'malformed';
  readonly of?: 'add' | 'change' | 'delete' | 'fetch';
  readonly serverId?: string;
  readonly clientId?: string;
  readonly failure?: ItemFailure;
  /** A draft took another's place: the device is told, although it succeeded. */
  readonly isRewritten?: boolean;
  /** What it did to the holding. */
  readonly effect?: Effect;
  /** Among the commands of the request that the last answer was for. */
  readonly isAnswered: boolean;
}

export interface Effect {
  readonly mark: number;
  readonly uid: number;
  /** Undefined: the device holds it no more. */
  readonly flags?: string;
}

/** A message that could not be rendered or that the device fails over. */
export interface SkippedItem {
  readonly mark: number;
  readonly uid: number;
  readonly flags: string;
  /** Wall clock, milliseconds: tried again then, or when its flags change. */
  readonly until: number;
}

export const DEFAULT_OPTIONS: CollectionOptions = { filterDays: undefined, conflict: 'server', rendering: null };

export function firstState(series: string, options: CollectionOptions, cutOff: number): CollectionState {
  return {
    series,
    generation: 1,
    previousGeneration: undefined,
    base: Holding.empty(),
    delta: emptyDelta(0),
    results: [],
    options,
    cutOff,
    reach: cutOff,
    isConfirmed: false,
    windowLimit: undefined,
    skipped: [],
  };
}

/** Those of the request, or those remembered; what the device said it knows holds for the whole series. */
export function optionsOf({ options }: CollectionRequest, state: CollectionState): CollectionOptions {
  const { supported } = state.options;
  if (!options) return state.options;
  return options.supported === undefined && supported !== undefined ? { ...options, supported } : options;
}

/** Equal for options that mean the same. */
export function optionsText(options: CollectionOptions): string {
  return `${options.filterDays ?? 'all'} ${options.conflict} ${renderingText(options)}`;
}

export function renderingText(options: CollectionOptions, kind = ''): string {
  return `${kind}${JSON.stringify(options.rendering ?? null)}`;
}

/** What the device holds once it has the last answer. */
export function currentHolding(state: CollectionState): Holding {
  const answered = state.results.filter((result) => result.isAnswered);
  return applyDelta(withEffects(state.base, answered), state.delta);
}

export function withEffects(holding: Holding, results: readonly StoredResult[]): Holding {
  const changes = new Map<number, string | undefined>();
  let from = holding;
  for (const { effect } of results) {
    if (!effect) continue;
    // A device that held nothing yet takes on the mark of the first message that it added itself.
    if (from.size === 0 && from.stale.length === 0) from = from.underMark(effect.mark);
    if (effect.mark === from.mark) changes.set(effect.uid, effect.flags);
  }
  return from.with(changes);
}
