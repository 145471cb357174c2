/** The state of a collection as attributes of the store; names and small values are made to be read in a console. */
import type { Attributes } from '../../store/index.ts';
import type { CollectionOptions } from '../collection-request.ts';
import { packText, unpackText } from '../packed-text.ts';
import { ByteReader, ByteWriter, corrupt } from './byte-codec.ts';
import type { CollectionState, SkippedItem, StoredResult } from './collection-state.ts';
import { type Delta, holdingOf, toldOf } from './delta.ts';
import { decodeHolding, encodeHolding } from './holding-codec.ts';

const FORMAT = 1;

export function encodeState(state: CollectionState): Attributes {
  const { previousGeneration, windowLimit } = state;
  return {
    format: FORMAT,
    series: state.series,
    generation: state.generation,
    ...(previousGeneration !== undefined && { previousGeneration }),
    heldCount: state.base.size,
    held: encodeHolding(state.base),
    ...encodeDelta(state.delta),
    ...(state.results.length > 0 && { results: packText(JSON.stringify(state.results)) }),
    options: packText(JSON.stringify(state.options)),
    cutOff: state.cutOff,
    reach: state.reach,
    confirmed: state.isConfirmed,
    ...(windowLimit !== undefined && { windowLimit }),
    ...(state.skipped.length > 0 && { skipped: packText(JSON.stringify(state.skipped)) }),
  };
}

/** Throws SyncError('state-corrupt'). */
export function decodeState(attributes: Attributes): CollectionState {
  if (attributes['format'] !== FORMAT) throw corrupt('its format is unknown');
  const number = (name: string): number => {
    const value = attributes[name];
    if (typeof value !== 'number') throw corrupt(`${name} is not a number`);
    return value;
  };
  const optional = (name: string) => (name in attributes ? number(name) : undefined);
  const series = attributes['series'];
  if (typeof series !== 'string') throw corrupt('its series is not a text');
  return {
    series,
    generation: number('generation'),
    previousGeneration: optional('previousGeneration'),
    base: decodeHolding(bytesOf(attributes, 'held')),
    delta: decodeDelta(attributes),
    results: list<StoredResult>(attributes, 'results'),
    options: parsed(attributes, 'options') as CollectionOptions,
    cutOff: number('cutOff'),
    reach: number('reach'),
    isConfirmed: attributes['confirmed'] === true,
    windowLimit: optional('windowLimit'),
    skipped: list<SkippedItem>(attributes, 'skipped'),
  };
}

function encodeDelta(delta: Delta): Attributes {
  const removals = new ByteWriter();
  removals.runs(delta.removed);
  removals.runs(delta.aged);
  return {
    toldAdded: encodeHolding(holdingOf(delta.mark, delta.added, delta.stale)),
    ...(delta.changed.size > 0 && { toldChanged: encodeHolding(holdingOf(delta.mark, delta.changed)) }),
    ...(delta.removed.size + delta.aged.size > 0 && { toldRemoved: removals.finish() }),
  };
}

function decodeDelta(attributes: Attributes): Delta {
  const added = decodeHolding(bytesOf(attributes, 'toldAdded'));
  const changed = 'toldChanged' in attributes ? decodeHolding(bytesOf(attributes, 'toldChanged')) : undefined;
  const removals = new ByteReader('toldRemoved' in attributes ? bytesOf(attributes, 'toldRemoved') : new Uint8Array(2));
  const delta: Delta = {
    mark: added.mark,
    added: toldOf(added),
    changed: changed ? toldOf(changed) : new Map(),
    removed: removals.runs(),
    aged: removals.runs(),
    stale: added.stale,
  };
  removals.end();
  return delta;
}

function bytesOf(attributes: Attributes, name: string): Uint8Array {
  const value = attributes[name];
  if (!(value instanceof Uint8Array)) throw corrupt(`${name} is not bytes`);
  return value;
}

function parsed(attributes: Attributes, name: string): unknown {
  const text = unpackText(attributes[name]);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw corrupt(`${name} cannot be parsed`, cause);
  }
}

function list<T>(attributes: Attributes, name: string): T[] {
  if (!(name in attributes)) return [];
  const value = parsed(attributes, name);
  if (!Array.isArray(value)) throw corrupt(`${name} is not a list`);
  return value as T[];
}
