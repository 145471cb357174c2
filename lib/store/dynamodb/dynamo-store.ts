/**
 * The store of a pool: one table of DynamoDB, or of a stand-in that speaks its language, and single-item writes with
 * conditions only. Which failures are tried again, which are `unknown` and which are thrown: requests.ts and failures.ts.
 */
import { type Clock, type Random, systemClock, systemRandom } from '../../platform/index.ts';
import { checkChanges, checkItem, checkKey } from '../check-item.ts';
import { StoreError } from '../errors.ts';
import { noStoreMetrics, type StoreMetrics, type StoreOperation } from '../metrics.ts';
import type { Changes, Condition, Item, Key, QueryOptions, Store, WriteResult } from '../store.ts';
import { DynamoClient, type DynamoPlace } from './client.ts';
import { decodeItem, type DynamoItem, encodeItem, encodeKey, PARTITION_NAME, SORT_NAME } from './encoding.ts';
import { buildExpressions } from './expressions.ts';
import { type Place, storeErrorOf } from './failures.ts';
import { type Request, Requests } from './requests.ts';
import { checkTable, createTable } from './table.ts';

const REQUEST_TIMEOUT_MS = 1_000;
const PARTITION_LIMIT_BYTES = 2048;
const SORT_LIMIT_BYTES = 1024;

export interface DynamoStoreOptions extends DynamoPlace {
  /** Of one request; ownership.md asks for one second, which is the default. */
  readonly requestTimeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly metrics?: StoreMetrics;
}

/**
 * Writes throw StoreError('store-unavailable') only where it is certain that they were not applied: throttled or
 * unreachable to the end of the attempts, credentials refused, no such table. Everything uncertain is `unknown`.
 */
export class DynamoStore implements Store {
  readonly #client: DynamoClient;
  readonly #requests: Requests;
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  /** Connects at the first call; `checkTable` tells whether there is anything to connect to. */
  constructor(options: DynamoStoreOptions) {
    const { clock = systemClock, random = systemRandom, metrics = noStoreMetrics } = options;
    this.#clock = clock;
    this.#client = new DynamoClient(options, clock);
    const timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#requests = new Requests({ client: this.#client, clock, random, metrics, timeoutMs });
    this.#place = {
      table: options.table,
      endpoint: options.endpoint ?? `DynamoDB in ${options.region ?? 'its region'}`,
    };
  }

  /** Throws StoreError('store-unavailable') if the table is not there, cannot be reached or is not one of ours. */
  async checkTable(): Promise<void> {
    await this.#track(() => checkTable(this.#requests, this.#place));
  }

  /** Makes the table if it is not there, and waits until it can be used. For stand-ins: in the cloud a stack makes it. */
  async createTable(): Promise<void> {
    await this.#track(() => createTable(this.#requests, this.#place, this.#clock));
  }

  async get(key: Key, options: { readonly consistent?: boolean } = {}): Promise<Item | undefined> {
    checkKey(key);
    return this.#track(() => this.#get(key, options.consistent ?? true));
  }

  async put(item: Item, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(item.key);
    checkItem(item.key, item.attributes);
    const { UpdateExpression: _, ...expressions } = buildExpressions(conditions);
    const input = { TableName: this.#place.table, Item: encodeItem(item), ...expressions, ...oldItemOf(conditions) };
    return this.#write('put', item.key, conditions, (client, sending) => client.send('PutItem', input, sending));
  }

  async update(key: Key, changes: Changes, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(key);
    checkChanges(key, changes);
    checkItem(key, changes.set ?? {});
    const expressions = buildExpressions(conditions, changes);
    const input = { TableName: this.#place.table, Key: encodeKey(key), ...expressions, ...oldItemOf(conditions) };
    return this.#write('update', key, conditions, (client, sending) => client.send('UpdateItem', input, sending));
  }

  async delete(key: Key, conditions: readonly Condition[] = []): Promise<WriteResult> {
    checkKey(key);
    const { UpdateExpression: _, ...expressions } = buildExpressions(conditions);
    const input = { TableName: this.#place.table, Key: encodeKey(key), ...expressions, ...oldItemOf(conditions) };
    return this.#write('delete', key, conditions, (client, sending) => client.send('DeleteItem', input, sending));
  }

  async *query(partition: string, options: QueryOptions = {}): AsyncIterable<Item> {
    const { prefix = '', consistent = true } = options;
    // No item has such a key, and the service refuses to look for one.
    if (!fits(partition, PARTITION_LIMIT_BYTES) || (prefix !== '' && !fits(prefix, SORT_LIMIT_BYTES))) return;
    const isWhole = prefix === '';
    const input = {
      TableName: this.#place.table,
      ConsistentRead: consistent,
      KeyConditionExpression: isWhole ? '#p = :p' : '#p = :p AND begins_with(#s, :s)',
      ExpressionAttributeNames: { '#p': PARTITION_NAME, ...(!isWhole && { '#s': SORT_NAME }) },
      ExpressionAttributeValues: { ':p': { S: partition }, ...(!isWhole && { ':s': { S: prefix } }) },
    };
    let left = options.limit ?? Number.POSITIVE_INFINITY;
    let after: DynamoItem | undefined;
    while (left > 0) {
      const command = {
        ...input,
        ...(Number.isFinite(left) && { Limit: left }),
        ...(after && { ExclusiveStartKey: after }),
      };
      const page = await this.#track(() =>
        this.#read('query', (client, sending) => client.send<Page>('Query', command, sending)),
      );
      for (const found of page.Items ?? []) {
        const item = decodeItem(found);
        // dynoxide's begins_with takes `a` for `A`.
        if (!item.key.sort.startsWith(prefix)) continue;
        left -= 1;
        yield item;
      }
      after = page.LastEvaluatedKey;
      if (after === undefined) return;
    }
  }

  async *scan(): AsyncIterable<Item> {
    let after: DynamoItem | undefined;
    do {
      const input = { TableName: this.#place.table, ConsistentRead: true, ...(after && { ExclusiveStartKey: after }) };
      const page = await this.#track(() =>
        this.#read('scan', (client, sending) => client.send<Page>('Scan', input, sending)),
      );
      for (const found of page.Items ?? []) yield decodeItem(found);
      after = page.LastEvaluatedKey;
    } while (after !== undefined);
  }

  /** Waits for what is under way. Later calls throw StoreError('store-unavailable'). */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#client.close();
  }

  async #get(key: Key, isConsistent: boolean): Promise<Item | undefined> {
    const input = { TableName: this.#place.table, Key: encodeKey(key), ConsistentRead: isConsistent };
    const { Item: found } = await this.#read('get', (client, sending) =>
      client.send<{ readonly Item?: DynamoItem }>('GetItem', input, sending),
    );
    return found && decodeItem(found);
  }

  async #read<Output>(operation: StoreOperation, request: Request<Output>): Promise<Output> {
    const sent = await this.#requests.send(operation, 'read', request);
    if (sent.ok) return sent.output;
    throw storeErrorOf(sent.cause, `A ${operation} of the store`, this.#place);
  }

  #write(
    operation: StoreOperation,
    key: Key,
    conditions: readonly Condition[],
    request: Request<unknown>,
  ): Promise<WriteResult> {
    return this.#track(async () => {
      const sent = await this.#requests.send(operation, conditions.length === 0 ? 'idempotent' : 'never', request);
      if (sent.ok) return { outcome: 'applied' };
      if (sent.failure.kind === 'refused') return this.#refused(key, sent.failure.item);
      const error = storeErrorOf(sent.cause, `A ${operation} of the store`, this.#place);
      if (sent.mayBeDone) return { outcome: 'unknown', cause: error };
      throw error;
    });
  }

  /** Without the item, there is none, or the stand-in does not give it back (dynalite): a read tells. */
  async #refused(key: Key, item: DynamoItem | undefined): Promise<WriteResult> {
    if (item !== undefined) return { outcome: 'refused', current: decodeItem(item) };
    try {
      return { outcome: 'refused', current: await this.#get(key, true) };
    } catch (cause) {
      // It was not applied, but the caller is owed the item: the read that it then makes settles both.
      return { outcome: 'unknown', cause };
    }
  }

  async #track<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new StoreError('store-unavailable', 'The store was used after it was closed');
    const promise = begin();
    this.#underWay.add(promise);
    try {
      return await promise;
    } finally {
      this.#underWay.delete(promise);
    }
  }
}

/** Of a query or a scan. */
interface Page {
  readonly Items?: readonly DynamoItem[];
  readonly LastEvaluatedKey?: DynamoItem;
}

const oldItemOf = (conditions: readonly Condition[]) =>
  conditions.length > 0 && ({ ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const);

function fits(text: string, limitBytes: number): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= limitBytes;
}
