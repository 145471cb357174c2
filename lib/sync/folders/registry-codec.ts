/** `FOLDERS` as attributes of the store. */
import type { Attributes } from '../../store/index.ts';
import { SyncError } from '../errors.ts';
import { packText, unpackText } from '../packed-text.ts';
import type { FolderEntry, FolderRegistry, GoneFolder, Renaming } from './folder-registry.ts';

const FORMAT = 1;

export function encodeRegistry(registry: FolderRegistry): Attributes {
  return {
    format: FORMAT,
    hierarchyVersion: registry.version,
    nextId: registry.nextId,
    folders: packText(JSON.stringify(registry.folders)),
    gone: packText(JSON.stringify(registry.gone.map(({ id, created, gone }) => [id, created, gone]))),
    forgotten: registry.forgotten,
    ...(registry.renaming && { renaming: packText(JSON.stringify(registry.renaming)) }),
  };
}

/** Throws SyncError('state-corrupt'): without its folder ids a user's devices can't be served, so this never heals silently. */
export function decodeRegistry(attributes: Attributes): FolderRegistry {
  const { format, hierarchyVersion, nextId, forgotten } = attributes;
  if (format !== FORMAT || typeof hierarchyVersion !== 'number' || typeof nextId !== 'number') {
    throw corrupt(`format ${String(format)}`);
  }
  try {
    const folders = JSON.parse(unpackText(attributes['folders'])) as FolderEntry[];
    const gone = JSON.parse(unpackText(attributes['gone'])) as [string, number, number][];
    return {
      version: hierarchyVersion,
      nextId,
      folders,
      gone: gone.map(([id, created, at]): GoneFolder => ({ id, created, gone: at })),
      forgotten: typeof forgotten === 'number' ? forgotten : 0,
      ...('renaming' in attributes && { renaming: JSON.parse(unpackText(attributes['renaming'])) as Renaming }),
    };
  } catch (cause) {
    throw corrupt('its text cannot be read', cause);
  }
}

function corrupt(why: string, cause?: unknown): SyncError {
  return new SyncError('state-corrupt', 'the list of folders cannot be read', {
    why,
    remedy: "restore the item FOLDERS of this user, or delete the user's items: its devices then begin again",
    cause,
  });
}
