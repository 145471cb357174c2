/** Text as an attribute of the store: readable in a console while it is short, deflated when it is long. */
import { deflateSync, inflateSync } from 'node:zlib';
import type { AttributeValue } from '../store/index.ts';
import { SyncError } from './errors.ts';

const READABLE_LIMIT_CHARACTERS = 8_192;
/** No attribute that was written by `packText` is longer. */
const UNPACKED_LIMIT_BYTES = 16 * 1024 * 1024;

export function packText(text: string): string | Uint8Array {
  return text.length <= READABLE_LIMIT_CHARACTERS ? text : deflateSync(text);
}

/** Throws SyncError('state-corrupt'). */
export function unpackText(value: AttributeValue | undefined): string {
  if (typeof value === 'string') return value;
  if (!(value instanceof Uint8Array)) throw new SyncError('state-corrupt', 'a text attribute has another type');
  try {
    return inflateSync(value, { maxOutputLength: UNPACKED_LIMIT_BYTES }).toString('utf8');
  } catch (cause) {
    throw new SyncError('state-corrupt', 'a text attribute cannot be unpacked', { cause });
  }
}
