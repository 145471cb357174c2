/** What the store makes of a network and a service that fail, whatever stands in for DynamoDB. */
import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type DynamoStore,
  type DynamoStoreOptions,
  equals,
  type Key,
  openDynamoStore,
  present,
  type StoreMetrics,
} from '../../../lib/store/index.ts';
import { freePort } from '../../support/loopback.ts';
import type { StoreFault } from '../../support/store-proxy.ts';
import { openBehindProxy, type StoreBehindProxy, TABLE, type TestDynamo } from './test-dynamo.ts';

const THROTTLED: StoreFault = { kind: 'fail', status: 400, type: 'ProvisionedThroughputExceededException' };
const FAILED: StoreFault = { kind: 'fail', status: 500, type: 'InternalServerError' };
const RESET: StoreFault = { kind: 'drop-request' };
const times = (count: number, fault: StoreFault): StoreFault[] => Array.from({ length: count }, () => fault);

/** Short, for what is meant to be late, and long for what is not. */
const SHORT_MS = 700;
const LATE_MS = 2_500;

export function describeStoreFaults(name: string, start: () => Promise<TestDynamo>): void {
  describe(`${name} in trouble`, () => {
    let dynamo: TestDynamo;
    let subject: StoreBehindProxy;
    let hasty: DynamoStore;
    const observed: string[] = [];
    const metrics: StoreMetrics = { observe: (operation, result) => void observed.push(`${operation} ${result}`) };

    beforeAll(async () => {
      dynamo = await start();
      subject = await openBehindProxy(dynamo, {
        metrics,
        random: { number: () => 0.1, bytes: (n) => new Uint8Array(n) },
      });
      hasty = await openDynamoStore({
        table: TABLE,
        endpoint: subject.proxy.endpoint,
        requestTimeoutMs: SHORT_MS,
        metrics,
      });
    });
    afterAll(async () => {
      await hasty.close();
      await subject.close();
      await dynamo.stop();
    });

    let key: Key;
    beforeEach(async () => {
      key = { partition: `TEST#${randomUUID()}`, sort: 'ITEM' };
      await subject.store.put({ key, attributes: { version: 1 } });
      // The first request of a store makes its connection and its signing key.
      await hasty.get(key);
      observed.length = 0;
      subject.proxy.seen.length = 0;
    });

    const { proxy, store } = {
      proxy: { do: (...faults: StoreFault[]) => subject.proxy.do(...faults), seen: () => subject.proxy.seen },
      store: () => subject.store,
    };
    const versionOf = async () => (await store().get(key))?.attributes['version'];
    const increment = (on: DynamoStore = store()) => on.update(key, { set: { version: 2 } }, [equals('version', 1)]);
    const unknown = { outcome: 'unknown', cause: expect.objectContaining({ code: 'store-unavailable' }) };
    const unavailable = (why: RegExp, remedy?: RegExp) =>
      expect.objectContaining({
        code: 'store-unavailable',
        why: expect.stringMatching(why),
        remedy: expect.stringMatching(remedy ?? /./),
      });

    describe('a conditional write', () => {
      it('that was throttled was not applied: it is sent again, and each request is counted', async () => {
        proxy.do(...times(2, THROTTLED));
        expect(await increment()).toEqual({ outcome: 'applied' });
        expect(proxy.seen()).toEqual(['UpdateItem', 'UpdateItem', 'UpdateItem']);
        expect(observed).toEqual(['update throttled', 'update throttled', 'update done']);
      });

      it.each(['ThrottlingException', 'RequestLimitExceeded', 'TransactionConflictException'])(
        '%s was not applied either',
        async (type) => {
          proxy.do({ kind: 'fail', status: 400, type });
          expect(await increment()).toEqual({ outcome: 'applied' });
        },
      );

      it('that was throttled to the end throws, and was not applied', async () => {
        proxy.do(...times(5, THROTTLED));
        await expect(increment()).rejects.toEqual(unavailable(/throttled/, /capacity/));
        expect(proxy.seen()).toHaveLength(5);
        expect(await versionOf()).toBe(1);
      });

      const lost: [string, StoreFault, number][] = [
        ['answered 500, not applied', FAILED, 1],
        ['answered 503, not applied', { kind: 'fail', status: 503, type: 'ServiceUnavailable' }, 1],
        [
          'answered 500, applied all the same',
          { kind: 'fail-afterwards', status: 500, type: 'InternalServerError' },
          2,
        ],
        ['answered by a page of a proxy (502)', { kind: 'garble', status: 502, body: '<html>Bad gateway</html>' }, 1],
        ['answered by a page of a proxy (200)', { kind: 'garble', status: 200, body: '<html>Sign in</html>' }, 1],
        ['reset before it came through', RESET, 1],
        ['reset before its answer came', { kind: 'drop-response' }, 2],
      ];
      it.each(lost)('%s: is unknown, and never sent again', async (_, fault, version) => {
        proxy.do(fault);
        expect(await increment()).toEqual(unknown);
        expect(proxy.seen()).toEqual(['UpdateItem']);
        expect(observed).toEqual(['update lost']);
        expect(await versionOf()).toBe(version);
      });

      const late: [string, StoreFault][] = [
        ['an answer that comes late', { kind: 'delay', delayMs: LATE_MS }],
        ['half an answer', { kind: 'stall' }],
      ];
      it.each(late)('with %s is unknown when its time is up', async (_, fault) => {
        proxy.do(fault);
        const begun = performance.now();
        expect(await increment(hasty)).toEqual({
          outcome: 'unknown',
          cause: unavailable(new RegExp(`no answer within ${SHORT_MS} ms`)),
        });
        expect(performance.now() - begun).toBeGreaterThan(SHORT_MS - 20);
        expect(performance.now() - begun).toBeLessThan(LATE_MS);
        expect(proxy.seen()).toEqual(['UpdateItem']);
        expect(await versionOf()).toBe(2);
      });

      it('that was refused without its item, which then cannot be read, is unknown', async () => {
        proxy.do({ kind: 'fail', status: 400, type: 'ConditionalCheckFailedException' }, ...times(5, FAILED));
        expect(await increment()).toEqual(unknown);
      });
    });

    describe('an unconditional write', () => {
      const put = (on: DynamoStore = store()) => on.put({ key, attributes: { version: 2 } });

      it.each([
        ['was reset', RESET],
        ['lost its answer', { kind: 'drop-response' }],
        ['was answered 500', FAILED],
        ['was throttled', THROTTLED],
      ] as [string, StoreFault][])('that %s is sent again: twice is as good as once', async (_, fault) => {
        proxy.do(fault);
        expect(await put()).toEqual({ outcome: 'applied' });
        expect(proxy.seen()).toEqual(['PutItem', 'PutItem']);
        expect(await versionOf()).toBe(2);
      });

      it('is not sent again when its time is up: the first may be on its way still', async () => {
        proxy.do({ kind: 'delay', delayMs: LATE_MS });
        expect(await put(hasty)).toEqual(unknown);
        expect(proxy.seen()).toEqual(['PutItem']);
      });

      it('of which one attempt was lost is unknown, whatever became of the others', async () => {
        proxy.do({ kind: 'fail-afterwards', status: 500, type: 'InternalServerError' }, ...times(4, THROTTLED));
        expect(await put()).toEqual(unknown);
        expect(await versionOf()).toBe(2);
      });
    });

    describe('a read', () => {
      it('is tried again, whatever went wrong', async () => {
        proxy.do(THROTTLED, FAILED, RESET, { kind: 'garble', status: 200, body: '<html>' });
        expect((await store().get(key))?.attributes).toEqual({ version: 1 });
        expect(observed).toEqual(['get throttled', 'get lost', 'get lost', 'get lost', 'get done']);
      });

      it('is tried again when its time is up', async () => {
        proxy.do({ kind: 'delay', delayMs: LATE_MS });
        expect((await hasty.get(key))?.attributes).toEqual({ version: 1 });
      });

      it('that failed five times throws', async () => {
        proxy.do(...times(5, FAILED));
        await expect(store().get(key)).rejects.toEqual(unavailable(/./));
        expect(proxy.seen()).toHaveLength(5);
      });

      it('of many pages goes on where it was interrupted', async () => {
        const sorts = Array.from({ length: 60 }, (_, n) => `S${n + 100}`);
        const filler = new Uint8Array(50_000);
        for (const sort of sorts) await store().put({ key: { ...key, sort }, attributes: { filler } });
        proxy.seen().length = 0;
        const seen: string[] = [];
        for await (const item of store().query(key.partition, { prefix: 'S' })) {
          if (seen.length === 0) proxy.do(FAILED, RESET);
          seen.push(item.key.sort);
        }
        expect(seen).toEqual(sorts);
        expect(proxy.seen().length).toBeGreaterThan(4);
      });
    });

    describe('a wrong place', () => {
      const failureOf = async (options: Partial<DynamoStoreOptions>, why: RegExp, remedy: RegExp) => {
        const wrong = await openDynamoStore({ table: TABLE, endpoint: subject.proxy.endpoint, ...options });
        try {
          await expect(wrong.checkTable()).rejects.toEqual(unavailable(why, remedy));
          await expect(wrong.get(key)).rejects.toEqual(unavailable(why, remedy));
          await expect(increment(wrong)).rejects.toEqual(unavailable(why, remedy));
        } finally {
          await wrong.close();
        }
      };

      it('without such a table says what makes one', async () => {
        await failureOf(
          { table: 'no-such-table' },
          /no-such-table.*there is no such table/,
          /aws dynamodb create-table/,
        );
      });

      it('with a table of other keys says which', async () => {
        const table = 'not-of-caravan';
        const client = new DynamoDBClient({
          endpoint: subject.proxy.endpoint,
          region: 'us-east-1',
          credentials: { accessKeyId: 'caravan', secretAccessKey: 'caravan' },
        });
        await client.send(
          new CreateTableCommand({
            TableName: table,
            BillingMode: 'PAY_PER_REQUEST',
            KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
            AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'N' }],
          }),
        );
        client.destroy();
        await failureOf({ table }, /its keys are/, /name another table/);
        const store = await openDynamoStore({ table, endpoint: subject.proxy.endpoint });
        await expect(store.createTable()).rejects.toEqual(unavailable(/its keys are/, /name another table/));
        await store.close();
      });

      it('that nothing listens on was not reached: a write throws, it cannot have been applied', async () => {
        const endpoint = `http://127.0.0.1:${await freePort()}`;
        await failureOf({ endpoint }, /cannot be reached.*ECONNREFUSED/, /address/);
      });

      it('with a name that does not exist was not reached either', async () => {
        await failureOf({ endpoint: 'http://store.invalid:8000' }, /cannot be reached/, /name server/);
      });

      it('without credentials says how to give some', async () => {
        const credentials = () =>
          Promise.reject(Object.assign(new Error('Could not load'), { name: 'CredentialsProviderError' }));
        await failureOf({ credentials }, /no credentials were found/, /AWS_PROFILE/);
      });

      it.each(['UnrecognizedClientException', 'AccessDeniedException', 'ExpiredTokenException'])(
        'that refuses the credentials (%s) says what they need, and is not asked again',
        async (type) => {
          proxy.do({ kind: 'fail', status: 400, type, message: 'No.' });
          await expect(increment()).rejects.toEqual(unavailable(new RegExp(`refused \\(${type}`), /dynamodb:GetItem/));
          expect(proxy.seen()).toHaveLength(1);
          expect(observed).toEqual(['update failed']);
        },
      );
    });

    describe('connections', () => {
      it('are kept from one request to the next', async () => {
        const before = subject.proxy.connections;
        for (let n = 0; n < 30; n += 1) await store().get(key);
        expect(subject.proxy.connections - before).toBeLessThanOrEqual(1);
      });

      it('are at most 64, and what exceeds them waits', async () => {
        const other = await openDynamoStore({
          table: TABLE,
          endpoint: subject.proxy.endpoint,
          requestTimeoutMs: 20_000,
        });
        const before = subject.proxy.connections;
        const found = await Promise.all(Array.from({ length: 200 }, () => other.get(key)));
        expect(found.every((item) => item?.attributes['version'] === 1)).toBe(true);
        expect(subject.proxy.connections - before).toBeLessThanOrEqual(64);
        await other.close();
      });
    });

    it('a write that waits to be sent again is waited for when the store is closed', async () => {
      const other = await openDynamoStore({ table: TABLE, endpoint: subject.proxy.endpoint, requestTimeoutMs: 20_000 });
      proxy.do(...times(2, THROTTLED));
      const write = increment(other);
      await other.close();
      expect(await write).toEqual({ outcome: 'applied' });
      await expect(other.update(key, {}, [present])).rejects.toMatchObject({ code: 'store-unavailable' });
    });
  });
}
