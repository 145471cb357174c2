/**
 * One user's items, from one store to another. A copy may be made again and again while the user is served from `from`: each
 * writes only what differs. It is whole once it was made while nobody served the user. Who serves the user is none of it:
 * the OWNER item stays where it is, in both.
 */
import { absent, type Attributes, type Condition, equals, type Item, type Key, type Store } from '../store/index.ts';
import { MigrationError } from './errors.ts';

export interface Copied {
  /** Items that `to` lacked, or had otherwise. */
  readonly written: number;
  /** Items that `from` has no more. */
  readonly removed: number;
  /** Items in all. */
  readonly items: number;
}

export interface Difference {
  readonly key: Key;
  readonly what: 'missing' | 'different' | 'surplus';
}

const OWNER = 'OWNER';
const WRITE_ATTEMPTS = 4;
/** Writes at once: a first copy has thousands of them, each a way to the store and back. */
const WRITES_AT_ONCE = 16;

export const userPartition = (user: string): string => `USER#${user}`;

/** Makes `to` what `from` is. Nobody may serve the user from `to`. Throws StoreError and MigrationError('copy-failed'). */
export async function copyItems(from: Store, to: Store, user: string): Promise<Copied> {
  const theirs = await itemsOf(to, user);
  const writes: (() => Promise<void>)[] = [];
  let items = 0;
  for await (const item of from.query(userPartition(user))) {
    if (item.key.sort === OWNER) continue;
    items += 1;
    const there = theirs.get(item.key.sort);
    theirs.delete(item.key.sort);
    if (there === undefined || !isSame(there.attributes, item.attributes)) writes.push(() => put(to, item, there));
  }
  const written = writes.length;
  for (const item of theirs.values()) writes.push(() => remove(to, item));
  await atOnce(writes);
  return { written, removed: theirs.size, items };
}

/** What `to` has not as `from` has it, every item compared. Empty where they are alike. Throws StoreError. */
export async function compareItems(from: Store, to: Store, user: string): Promise<readonly Difference[]> {
  const theirs = await itemsOf(to, user);
  const found: Difference[] = [];
  for (const [sort, { key, attributes }] of await itemsOf(from, user)) {
    const there = theirs.get(sort);
    theirs.delete(sort);
    if (there === undefined) found.push({ key, what: 'missing' });
    else if (!isSame(there.attributes, attributes)) found.push({ key, what: 'different' });
  }
  return [...found, ...[...theirs.values()].map(({ key }) => ({ key, what: 'surplus' as const }))];
}

/** Takes a copy back. Nobody may serve the user from `store`. Throws StoreError and MigrationError('copy-failed'). */
export async function removeItems(store: Store, user: string): Promise<number> {
  const items = [...(await itemsOf(store, user)).values()];
  await atOnce(items.map((item) => () => remove(store, item)));
  return items.length;
}

/** By sort key, as they are now; OWNER apart. */
async function itemsOf(store: Store, user: string): Promise<Map<string, Item>> {
  const items = new Map<string, Item>();
  for await (const item of store.query(userPartition(user), { consistent: true })) {
    if (item.key.sort !== OWNER) items.set(item.key.sort, item);
  }
  return items;
}

/** A write without an answer may come late: conditions keep it from undoing what was written after it. */
async function put(to: Store, item: Item, there: Item | undefined): Promise<void> {
  let current = there;
  for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
    const result = await to.put(item, asItWas(current));
    if (result.outcome === 'applied') return;
    current = result.outcome === 'refused' ? result.current : await to.get(item.key);
    if (current !== undefined && isSame(current.attributes, item.attributes)) return;
  }
  throw notCopied(item.key);
}

async function remove(to: Store, item: Item): Promise<void> {
  let current: Item | undefined = item;
  for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
    const result = await to.delete(item.key, asItWas(current));
    if (result.outcome === 'applied') return;
    current = result.outcome === 'refused' ? result.current : await to.get(item.key);
    if (current === undefined) return;
  }
  throw notCopied(item.key);
}

/** Records have a version, intents a write id; segments never change. */
function asItWas(current: Item | undefined): readonly Condition[] {
  if (current === undefined) return [absent];
  for (const attribute of ['version', 'writeId']) {
    const value = current.attributes[attribute];
    if (value !== undefined) return [equals(attribute, value)];
  }
  return [];
}

function isSame(left: Attributes, right: Attributes): boolean {
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && textOf(left[name]) === textOf(right[name]))
  );
}

/** Types count: 1 is not '1'. */
const textOf = (value: Attributes[string] | undefined): string =>
  value instanceof Uint8Array ? `bytes ${Buffer.from(value).toString('base64')}` : JSON.stringify(value);

async function atOnce(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(WRITES_AT_ONCE, tasks.length) }, async () => {
      for (let task = tasks[next++]; task !== undefined; task = tasks[next++]) await task();
    }),
  );
}

const notCopied = ({ partition, sort }: Key): MigrationError =>
  new MigrationError('copy-failed', `The item ${partition} / ${sort} could not be copied`, {
    why: 'the store gives no clear answer, or somebody else writes it',
    remedy: 'Try again: what was copied stays, and is compared.',
  });
