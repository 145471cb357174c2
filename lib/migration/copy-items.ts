/**
 * One user's items, from one store to another. A copy may be made again and again while the user is served from `from`: each
 * writes only what differs. It is whole once it was made while nobody served the user. Who serves the user is none of it:
 * the OWNER item stays where it is, in both.
 */
import {
  absent,
  type Attributes,
  type Condition,
  equals,
  type Item,
  type Key,
  lacks,
  type Store,
} from '../store/index.ts';
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

/** An attribute of a copied item: which copy it is of. Whoever writes the item anew may keep it or not. */
export const COPY = 'copy';
const OWNER = 'OWNER';
const WRITE_ATTEMPTS = 4;
/** Writes at once: a first copy has thousands of them, each a way to the store and back. */
const WRITES_AT_ONCE = 16;

export const userPartition = (user: string): string => `USER#${user}`;

/** Makes `to` what `from` is. Nobody may serve the user from `to`. Throws StoreError and MigrationError('copy-failed'). */
export const copyItems = (from: Store, to: Store, user: string): Promise<Copied> =>
  new UserCopy({ from, to, user }).catchUp();

/** What `to` has not as `from` has it, every item compared. Empty where they are alike. Throws StoreError. */
export const compareItems = (from: Store, to: Store, user: string): Promise<readonly Difference[]> =>
  new UserCopy({ from, to, user }).compare();

export interface UserCopyParts {
  readonly from: Store;
  readonly to: Store;
  readonly user: string;
  /**
   * Never used twice. Every item then bears it, so that a removal of an earlier copy that comes late leaves this one alone,
   * be it the same to the last byte. Default: items are written as they are, and only those that differ.
   */
  readonly name?: string | undefined;
}

/**
 * A copy that is caught up with: it reads `to` once and remembers what it wrote there, so that the last round, for which
 * requests wait, costs what changed last and no more. Nobody else may write to `to` meanwhile.
 */
export class UserCopy {
  readonly #from: Store;
  readonly #to: Store;
  readonly #user: string;
  readonly #name: string | undefined;
  /** As the last round has read it. */
  #ours: ReadonlyMap<string, Item> | undefined;
  /** What `to` has, by what was read and written. */
  #theirs: Map<string, Item> | undefined;
  /** What `to` has, read back alone; what was written since is to be read again. */
  #readBack: Map<string, Item> | undefined;
  readonly #unread = new Set<string>();

  constructor({ from, to, user, name }: UserCopyParts) {
    this.#from = from;
    this.#to = to;
    this.#user = user;
    this.#name = name;
  }

  /** See `copyItems`. */
  async catchUp(): Promise<Copied> {
    const theirs = this.#theirs ?? (await itemsOf(this.#to, this.#user));
    // After a write without a clear answer it is read anew.
    this.#theirs = undefined;
    const read = await itemsOf(this.#from, this.#user);
    const ours = new Map([...read].map(([sort, item]) => [sort, this.#named(item)]));
    const changed = [...ours].filter(([sort, item]) => !isThere(theirs.get(sort), item));
    const gone = [...theirs].filter(([sort]) => !ours.has(sort));
    for (const [sort] of [...changed, ...gone]) this.#unread.add(sort);
    await atOnce([
      ...changed.map(
        ([sort, item]) =>
          () =>
            put(this.#to, item, theirs.get(sort)),
      ),
      ...gone.map(
        ([, item]) =>
          () =>
            remove(this.#to, item),
      ),
    ]);
    this.#ours = ours;
    this.#theirs = new Map(ours);
    return { written: changed.length, removed: gone.length, items: ours.size };
  }

  /** See `compareItems`: `from` as the last round has read it, with what `to` gives back. */
  async compare(): Promise<readonly Difference[]> {
    const ours = this.#ours ?? (await itemsOf(this.#from, this.#user));
    const theirs = await this.#read();
    const found: Difference[] = [];
    for (const [sort, { key, attributes }] of ours) {
      const there = theirs.get(sort);
      if (there === undefined) found.push({ key, what: 'missing' });
      else if (!isSame(there.attributes, attributes)) found.push({ key, what: 'different' });
    }
    const surplus = [...theirs.values()].filter(({ key }) => !ours.has(key.sort));
    return [...found, ...surplus.map(({ key }) => ({ key, what: 'surplus' as const }))];
  }

  #named({ key, attributes }: Item): Item {
    return { key, attributes: this.#name === undefined ? attributes : { ...attributes, [COPY]: this.#name } };
  }

  async #read(): Promise<ReadonlyMap<string, Item>> {
    const known = this.#readBack;
    if (known === undefined) this.#readBack = await itemsOf(this.#to, this.#user);
    else {
      const sorts = [...this.#unread];
      await atOnce(
        sorts.map((sort) => async () => {
          const item = await this.#to.get({ partition: userPartition(this.#user), sort });
          if (item) known.set(sort, item);
          else known.delete(sort);
        }),
      );
    }
    this.#unread.clear();
    return this.#readBack ?? new Map();
  }
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
    if (isThere(current, item)) return;
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

/** Records have a version and most a write id, intents a write id, segments neither; and what was copied, a copy's name. */
function asItWas(current: Item | undefined): readonly Condition[] {
  if (current === undefined) return [absent];
  return ['version', 'writeId', COPY].map((attribute) => {
    const value = current.attributes[attribute];
    return value === undefined ? lacks(attribute) : equals(attribute, value);
  });
}

/** As it is to be written, by whatever attempt. */
const isThere = (there: Item | undefined, { attributes }: Item): boolean =>
  isSame(there?.attributes, attributes) && there?.attributes[COPY] === attributes[COPY];

/** Of which copy it is does not count. */
function isSame(left: Attributes | undefined, right: Attributes): boolean {
  if (left === undefined) return false;
  const [names = [], others = []] = [left, right].map((it) => Object.keys(it).filter((name) => name !== COPY));
  return (
    names.length === others.length &&
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
