/**
 * Attributes as they stand in the database: one JSON object, so that `sqlite3 caravan.db "select * from items"` is
 * readable and `attributes ->> 'epoch'` works. Strings, numbers, booleans and lists of strings are themselves; bytes are
 * `{"base64": "…"}`, the only object that occurs. This form never changes without a migration.
 */
import type { Attributes, AttributeValue } from '../store.ts';

type Stored = string | number | boolean | readonly string[] | { readonly base64: string };

export function encodeAttributes(attributes: Attributes): string {
  const stored: [string, Stored][] = [];
  for (const [name, value] of Object.entries(attributes)) {
    stored.push([name, value instanceof Uint8Array ? { base64: toBase64(value) } : value]);
  }
  // fromEntries defines own properties, `__proto__` too, where an assignment would not.
  return JSON.stringify(Object.fromEntries(stored));
}

export function decodeAttributes(text: string): Attributes {
  const attributes = JSON.parse(text) as Record<string, AttributeValue>;
  for (const name in attributes) {
    const value = attributes[name] as Stored;
    if (typeof value === 'object' && 'base64' in value)
      attributes[name] = new Uint8Array(Buffer.from(value.base64, 'base64'));
  }
  return attributes;
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
