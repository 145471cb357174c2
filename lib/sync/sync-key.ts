/** A device's handle on a state: `{series}n`. Devices treat it as opaque. */
import { type Random, randomName } from '../platform/index.ts';

export interface SyncKey {
  readonly series: string;
  readonly generation: number;
}

const SERIES_LENGTH = 12;
const FORM = /^\{([0-9a-z]{1,32})\}([1-9][0-9]{0,14})$/;

export function newSeries(random: Random): string {
  return randomName(random, SERIES_LENGTH);
}

export function formatSyncKey(series: string, generation: number): string {
  return `{${series}}${generation}`;
}

/** Undefined for anything that this server never handed out. */
export function parseSyncKey(text: string): SyncKey | undefined {
  const match = FORM.exec(text);
  return match ? { series: match[1] as string, generation: Number(match[2]) } : undefined;
}
