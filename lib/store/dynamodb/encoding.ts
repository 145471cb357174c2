/**
 * Items as DynamoDB keeps them. The table's own attributes are `pk` (partition) and `sk` (sort); an attribute of ours that
 * bears one of those names gets a `_` in front, and so does one that has come to look like that.
 */
import { StoreError } from '../errors.ts';
import type { Attributes, AttributeValue, Item, Key } from '../store.ts';

export const PARTITION_NAME = 'pk';
export const SORT_NAME = 'sk';

/** As JSON has it: exactly one of them is there. `N` is a number in digits, `B` bytes in base64. */
export interface DynamoValue {
  readonly S?: string;
  readonly N?: string;
  readonly BOOL?: boolean;
  readonly B?: string;
  readonly L?: readonly DynamoValue[];
}

export type DynamoItem = Record<string, DynamoValue>;

/** `__proto__` too: items are plain objects on their way. */
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
  if (value instanceof Uint8Array) return { B: base64Of(value) };
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
  if (value.B !== undefined) return bytesOf(value.B);
  if (value.L?.every((element) => element.S !== undefined)) return value.L.map((element) => element.S ?? '');
  throw corrupt(`the item ${describeItem()}`, 'an attribute has a type that Caravan never writes');
}

const base64Of = ({ buffer, byteOffset, byteLength }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');

/** Plain, and no view of a pool that is shared. */
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'));

const corrupt = (what: string, why: string): StoreError =>
  new StoreError('store-corrupt', `The store's table holds ${what} that cannot be read`, {
    why,
    remedy: 'Let nothing but Caravan write to its table; remove the item, or restore the table from a backup.',
  });
