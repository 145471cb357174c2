/**
 * Items as DynamoDB keeps them. The table's own attributes are `pk` (partition) and `sk` (sort); an attribute of ours that
 * bears one of those names gets a `_` in front, and so does one that has come to look like that.
 */
import type { AttributeValue as DynamoValue } from '@aws-sdk/client-dynamodb';
import { StoreError } from '../errors.ts';
import type { Attributes, AttributeValue, Item, Key } from '../store.ts';

export const PARTITION_NAME = 'pk';
export const SORT_NAME = 'sk';

export type DynamoItem = Record<string, DynamoValue>;

/** `__proto__` too: the SDK copies attributes into plain objects. */
const TAKEN_NAME = /^_*(?:pk|sk|__proto__)$/;
const ESCAPED_NAME = /^_+(?:pk|sk|__proto__)$/;

export const encodeName = (name: string): string => (TAKEN_NAME.test(name) ? `_${name}` : name);
const decodeName = (name: string): string => (ESCAPED_NAME.test(name) ? name.slice(1) : name);

export const encodeKey = (key: Key): DynamoItem => ({
  [PARTITION_NAME]: { S: key.partition },
  [SORT_NAME]: { S: key.sort },
});

export function encodeItem({ key, attributes }: Item): DynamoItem {
  const encoded = encodeKey(key);
  for (const [name, value] of Object.entries(attributes)) encoded[encodeName(name)] = encodeValue(value);
  return encoded;
}

export function encodeValue(value: AttributeValue): DynamoValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (typeof value === 'boolean') return { BOOL: value };
  if (value instanceof Uint8Array) return { B: value };
  return { L: value.map((element) => ({ S: element })) };
}

/** Throws StoreError('store-corrupt') for an item that no store of ours has written. */
export function decodeItem(encoded: DynamoItem): Item {
  const partition = encoded[PARTITION_NAME]?.S;
  const sort = encoded[SORT_NAME]?.S;
  if (partition === undefined || sort === undefined) throw corrupt('an item', 'its key is not one of ours');
  const attributes: [string, AttributeValue][] = [];
  for (const [name, value] of Object.entries(encoded)) {
    if (name === PARTITION_NAME || name === SORT_NAME) continue;
    attributes.push([decodeName(name), decodeValue(value, () => `'${partition}' / '${sort}'`)]);
  }
  return { key: { partition, sort }, attributes: Object.fromEntries(attributes) satisfies Attributes };
}

function decodeValue(value: DynamoValue, describeItem: () => string): AttributeValue {
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.B !== undefined) return plainBytes(value.B);
  if (value.L?.every((element) => element.S !== undefined)) return value.L.map((element) => element.S ?? '');
  throw corrupt(`the item ${describeItem()}`, 'an attribute has a type that Caravan never writes');
}

/** The SDK gives a Buffer, often a view of a shared pool. */
const plainBytes = (bytes: Uint8Array): Uint8Array =>
  Object.getPrototypeOf(bytes) === Uint8Array.prototype ? bytes : new Uint8Array(bytes);

const corrupt = (what: string, why: string): StoreError =>
  new StoreError('store-corrupt', `The store's table holds ${what} that cannot be read`, {
    why,
    remedy: 'Let nothing but Caravan write to its table; remove the item, or restore the table from a backup.',
  });
