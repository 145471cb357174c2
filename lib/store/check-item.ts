// What every store refuses alike: the bounds are DynamoDB's, so that an item which one store takes fits the other too.
import { StoreError } from './errors.ts';
import { type Attributes, type AttributeValue, type Changes, ITEM_LIMIT_BYTES, type Key } from './store.ts';

const PARTITION_LIMIT_BYTES = 2048;
const SORT_LIMIT_BYTES = 1024;
/** DynamoDB's numbers; zero aside. */
const SMALLEST_NUMBER = 1e-130;
const LARGEST_NUMBER = 9.99e125;
/** DynamoDB stores two digits a byte; a double has at most 17, plus a sign and an exponent. */
const NUMBER_BYTES = 11;

/** Throws StoreError('item-invalid') for a key that some store could not hold. */
export function checkKey(key: Key): void {
  checkKeyPart('partition', key.partition, PARTITION_LIMIT_BYTES);
  checkKeyPart('sort', key.sort, SORT_LIMIT_BYTES);
}

function checkKeyPart(name: string, value: string, limitBytes: number): void {
  const bytes = Buffer.byteLength(value);
  if (bytes > 0 && bytes <= limitBytes) return;
  throw new StoreError('item-invalid', `The ${name} key '${value.slice(0, 64)}' cannot be stored`, {
    why: bytes === 0 ? 'it is empty' : `it has ${bytes} bytes, and ${limitBytes} is the limit`,
  });
}

/** Throws StoreError('item-invalid') for values that are not AttributeValues, 'item-too-large' for an item over the limit. */
export function checkItem(key: Key, attributes: Attributes): void {
  let bytes = Buffer.byteLength(key.partition) + Buffer.byteLength(key.sort);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === '') throw invalid(key, name, 'an attribute needs a name');
    bytes += Buffer.byteLength(name) + sizeOf(key, name, value);
  }
  if (bytes <= ITEM_LIMIT_BYTES) return;
  throw new StoreError('item-too-large', `The item ${nameOf(key)} cannot be stored`, {
    why: `it has ${bytes} bytes, and ${ITEM_LIMIT_BYTES} is the limit`,
    remedy: 'Split it into several items.',
  });
}

/** An attribute cannot be both set and removed in one update. */
export function checkChanges(key: Key, changes: Changes): void {
  for (const name of changes.remove ?? []) {
    if (changes.set !== undefined && Object.hasOwn(changes.set, name)) {
      throw invalid(key, name, 'it is both set and removed in one update');
    }
  }
}

function sizeOf(key: Key, name: string, value: AttributeValue): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'boolean') return 1;
  if (typeof value === 'number') {
    const magnitude = Math.abs(value);
    if (magnitude === 0 || (magnitude >= SMALLEST_NUMBER && magnitude <= LARGEST_NUMBER)) return NUMBER_BYTES;
    throw invalid(key, name, `${value} is not a number that every store can hold`);
  }
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value) && value.every((element) => typeof element === 'string')) {
    return value.reduce((bytes, element) => bytes + Buffer.byteLength(element) + 1, 3);
  }
  throw invalid(key, name, `its type (${value === null ? 'null' : typeof value}) is not one that a store keeps`);
}

function invalid(key: Key, name: string, why: string): StoreError {
  return new StoreError('item-invalid', `The attribute '${name}' of the item ${nameOf(key)} cannot be stored`, { why });
}

const nameOf = (key: Key): string => `'${key.partition}' / '${key.sort}'`;
