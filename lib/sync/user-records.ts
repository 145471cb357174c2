/**
 * The user's items in the store. Every write is conditional on the version that was read and on an epoch not above the
 * lease's, and bears a write id, so that an unknown outcome can be settled by one consistent read (ownership.md, Writes).
 */
import { type Random, randomName } from '../platform/index.ts';
import type { Lease } from '../pool/index.ts';
import { absent, atMost, type Attributes, equals, type Item, type Key, type Store } from '../store/index.ts';
import { SyncError } from './errors.ts';

export interface UserRecord {
  readonly version: number;
  readonly attributes: Attributes;
}

/** Writes of which the outcome is unknown are tried so often in all. */
const WRITE_ATTEMPTS = 3;

export class UserRecords {
  readonly #store: Store;
  readonly #lease: Lease;
  readonly #random: Random;

  constructor(store: Store, lease: Lease, random: Random) {
    this.#store = store;
    this.#lease = lease;
    this.#random = random;
  }

  get partition(): string {
    return `USER#${this.#lease.user}`;
  }

  async read(sort: string): Promise<UserRecord | undefined> {
    const item = await this.#store.get(this.#key(sort));
    return item && recordOf(item);
  }

  /** All records whose sort key begins with `prefix`, by sort key. */
  async *list(prefix: string): AsyncIterable<readonly [sort: string, record: UserRecord]> {
    for await (const item of this.#store.query(this.partition, { prefix, consistent: true })) {
      yield [item.key.sort, recordOf(item)];
    }
  }

  /** Replaces the record whose version was `previous` (undefined: there was none). Throws SyncError if that cannot be told for sure. */
  async write(sort: string, previous: number | undefined, attributes: Attributes): Promise<UserRecord> {
    const key = this.#key(sort);
    const version = (previous ?? 0) + 1;
    const writeId = randomName(this.#random);
    const item: Item = { key, attributes: { ...attributes, epoch: this.#lease.epoch, version, writeId } };
    const conditions =
      previous === undefined ? [absent] : [equals('version', previous), atMost('epoch', this.#lease.epoch)];
    let cause: unknown;
    for (let attempt = 1; attempt <= WRITE_ATTEMPTS; attempt++) {
      this.#mustBeHeld();
      const result = await this.#store.put(item, conditions);
      if (result.outcome === 'applied') return { version, attributes: item.attributes };
      let current: Item | undefined;
      if (result.outcome === 'refused') current = result.current;
      else {
        cause = result.cause;
        current = await this.#store.get(key);
      }
      if (current?.attributes['writeId'] === writeId) return { version, attributes: item.attributes };
      if (result.outcome === 'refused' || current?.attributes['version'] !== previous) {
        throw new SyncError('state-not-stored', `${sort} was not stored`, {
          why: 'somebody else has written it since it was read',
        });
      }
    }
    throw new SyncError('state-not-stored', `${sort} was not stored`, { why: 'the store does not answer', cause });
  }

  /** Removes the record, whoever wrote it last under an epoch not above the lease's. */
  async remove(sort: string): Promise<void> {
    this.#mustBeHeld();
    const result = await this.#store.delete(this.#key(sort), [atMost('epoch', this.#lease.epoch)]);
    if (result.outcome === 'applied' || (result.outcome === 'refused' && result.current === undefined)) return;
    if (result.outcome === 'unknown' && (await this.#store.get(this.#key(sort))) === undefined) return;
    throw new SyncError('state-not-stored', `${sort} was not removed`);
  }

  #key(sort: string): Key {
    return { partition: this.partition, sort };
  }

  #mustBeHeld(): void {
    if (this.#lease.isHeld()) return;
    throw new SyncError('not-owner', `${this.#lease.user} cannot be served here`, {
      why: 'the lease is not held any more',
      remedy: 'repeat the request: it reaches the new owner',
    });
  }
}

function recordOf(item: Item): UserRecord {
  const version = item.attributes['version'];
  return { version: typeof version === 'number' ? version : 0, attributes: item.attributes };
}
