/** `DEVICE#<id>#FOLDERS`: what a device was told of the folders under its FolderSync key, and the same under the key before. */
import type { Attributes } from '../../store/index.ts';
import type { FolderChange, FolderChangeAnswer } from '../sync.ts';
import { SyncError } from '../errors.ts';
import { packText, unpackText } from '../packed-text.ts';
import type { SeenFolders } from './seen-folders.ts';

export interface DeviceFolders {
  readonly series: string;
  readonly generation: number;
  readonly seen: SeenFolders;
  /** Undefined while the device has not come back with the series' first key. */
  readonly previous: { readonly generation: number; readonly seen: SeenFolders } | undefined;
  /** Folder changes that the device made under the previous key: a retry gets the same answer. */
  readonly results: readonly FolderChangeResult[];
  /** A change under this generation's key, written down before it is made: a server that dies in between has made it or not. */
  readonly begun?: { readonly generation: number; readonly digest: string };
}

export interface FolderChangeResult {
  readonly digest: string;
  readonly id: string;
}

const FORMAT = 1;

export function digestOf(change: FolderChange): string {
  return JSON.stringify(Object.entries(change).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function resultAnswer(syncKey: string, id: string): FolderChangeAnswer {
  return { kind: 'done', syncKey, id };
}

export function encodeDeviceFolders(state: DeviceFolders): Attributes {
  const { series, generation, seen, previous, results, begun } = state;
  return {
    format: FORMAT,
    series,
    generation,
    seenVersion: seen.version,
    seenOwn: packText(JSON.stringify(seen.own)),
    ...(previous && {
      previousGeneration: previous.generation,
      previousVersion: previous.seen.version,
      previousOwn: packText(JSON.stringify(previous.seen.own)),
    }),
    ...(results.length > 0 && { results: packText(JSON.stringify(results)) }),
    ...(begun && { begun: packText(JSON.stringify(begun)) }),
  };
}

/** Throws SyncError('state-corrupt'). */
export function decodeDeviceFolders(attributes: Attributes): DeviceFolders {
  const { format, series, generation, seenVersion, previousGeneration, previousVersion } = attributes;
  if (
    format !== FORMAT ||
    typeof series !== 'string' ||
    typeof generation !== 'number' ||
    typeof seenVersion !== 'number'
  ) {
    throw new SyncError('state-corrupt', 'what the device knows of the folders cannot be read');
  }
  const own = (name: string) => JSON.parse(unpackText(attributes[name])) as Record<string, number>;
  try {
    return {
      series,
      generation,
      seen: { version: seenVersion, own: own('seenOwn') },
      previous:
        typeof previousGeneration === 'number' && typeof previousVersion === 'number'
          ? { generation: previousGeneration, seen: { version: previousVersion, own: own('previousOwn') } }
          : undefined,
      results: 'results' in attributes ? (JSON.parse(unpackText(attributes['results'])) as FolderChangeResult[]) : [],
      ...('begun' in attributes && { begun: JSON.parse(unpackText(attributes['begun'])) as DeviceFolders['begun'] }),
    };
  } catch (cause) {
    throw new SyncError('state-corrupt', 'what the device knows of the folders cannot be read', { cause });
  }
}
