/** The stand-ins for DynamoDB that the tests run on, alike for all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DynamoStore,
  type DynamoStoreOptions,
  openDynamoStore,
  startEmbeddedDynamo,
} from '../../../lib/store/index.ts';
import type { StoreUnderTest } from '../../contract/store.ts';
import { startDynamoDbLocal } from '../../support/dynamodb-local/start.ts';
import { StoreProxy } from '../../support/store-proxy.ts';

export interface TestDynamo {
  endpoint(): string;
  /** Ends it and starts it again on what it has kept; one that keeps nothing goes on. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEmbedded(engine: 'dynoxide' | 'dynalite'): Promise<TestDynamo> {
  const directory = mkdtempSync(join(tmpdir(), 'caravan-dynamo-'));
  const file = join(directory, 'pool');
  let dynamo = await startEmbeddedDynamo({ engine, file });
  return {
    endpoint: () => dynamo.endpoint,
    async restart() {
      await dynamo.stop();
      dynamo = await startEmbeddedDynamo({ engine, file });
    },
    async stop() {
      await dynamo.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

export async function startLocal(): Promise<TestDynamo> {
  const local = await startDynamoDbLocal();
  return { endpoint: () => local.endpoint, restart: async () => {}, stop: () => local.stop() };
}

/** What the contract is checked on: behind a proxy, which a lost answer takes. */
export async function openForContract(start: () => Promise<TestDynamo>): Promise<StoreUnderTest> {
  const dynamo = await start();
  const subject = await openBehindProxy(dynamo);
  return {
    get store() {
      return subject.store;
    },
    reopen: () => subject.reopen(),
    loseNextResponse: (isApplied) => subject.proxy.do({ kind: isApplied ? 'drop-response' : 'drop-request' }),
    async close() {
      await subject.close();
      await dynamo.stop();
    },
  };
}

export const TABLE = 'caravan-pool';

export interface StoreBehindProxy {
  readonly proxy: StoreProxy;
  readonly store: DynamoStore;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** A store behind a proxy. The time of a request is long, for loaded machines. */
export async function openBehindProxy(
  dynamo: TestDynamo,
  options: Partial<DynamoStoreOptions> = {},
): Promise<StoreBehindProxy> {
  const proxy = await StoreProxy.start(dynamo.endpoint());
  const open = () => openDynamoStore({ table: TABLE, endpoint: proxy.endpoint, requestTimeoutMs: 20_000, ...options });
  let store = await open();
  await store.createTable();
  return {
    proxy,
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      await dynamo.restart();
      proxy.target = dynamo.endpoint();
      store = await open();
    },
    async close() {
      await store.close();
      await proxy.close();
    },
  };
}
