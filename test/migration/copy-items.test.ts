import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserCopy } from '../../lib/migration/copy-items.ts';
import { compareItems, copyItems, removeItems } from '../../lib/migration/index.ts';
import {
  type Attributes,
  openDynamoStore,
  SqliteStore,
  startEmbeddedDynamo,
  type Store,
} from '../../lib/store/index.ts';

let directory: string;
let from: Store;
let to: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'caravan-migration-'));
  from = new SqliteStore({ file: join(directory, 'caravan.db') });
  const dynamo = await startEmbeddedDynamo({ file: join(directory, 'pool') });
  const pool = await openDynamoStore({ table: 'caravan', endpoint: dynamo.endpoint, requestTimeoutMs: 20_000 });
  await pool.createTable();
  to = pool;
  close = async () => {
    await from.close();
    await pool.close();
    await dynamo.stop();
  };
}, 60_000);
afterAll(async () => {
  await close();
  rmSync(directory, { recursive: true });
});
beforeEach(async () => {
  for (const store of [from, to]) for await (const { key } of store.scan()) await store.delete(key);
});

const key = (sort: string, user = 'ada') => ({ partition: `USER#${user}`, sort });
const put = (store: Store, sort: string, attributes: Attributes, user?: string) =>
  store.put({ key: key(sort, user), attributes });

describe("a user's items, from SQLite to DynamoDB", () => {
  it('are copied whole, each value with its type, and are alike', async () => {
    const attributes = {
      text: 'ä',
      number: 1,
      digit: '1',
      yes: true,
      bytes: new Uint8Array([0, 255]),
      list: ['a', ''],
    };
    await put(from, 'DEVICE#x', attributes);
    await put(from, 'SENT#x#1', { writeId: 'w', status: 'sent' });
    await put(from, 'DEVICE#y', { version: 1 }, 'bob');
    expect(await copyItems(from, to, 'ada')).toEqual({ written: 2, removed: 0, items: 2 });
    expect((await to.get(key('DEVICE#x')))?.attributes).toEqual(attributes);
    expect(await to.get(key('DEVICE#y', 'bob'))).toBeUndefined();
    expect(await compareItems(from, to, 'ada')).toEqual([]);
  });

  it('are caught up with: only what differs is written, and what is gone is removed', async () => {
    for (const sort of ['A', 'B', 'C']) await put(from, sort, { version: 1 });
    await copyItems(from, to, 'ada');
    await put(from, 'B', { version: 2 });
    await put(from, 'D', { version: 1 });
    await from.delete(key('C'));
    expect(await compareItems(from, to, 'ada')).toEqual([
      { key: key('B'), what: 'different' },
      { key: key('D'), what: 'missing' },
      { key: key('C'), what: 'surplus' },
    ]);
    expect(await copyItems(from, to, 'ada')).toEqual({ written: 2, removed: 1, items: 3 });
    expect(await copyItems(from, to, 'ada')).toEqual({ written: 0, removed: 0, items: 3 });
    expect(await compareItems(from, to, 'ada')).toEqual([]);
  });

  it('leave alone who serves the user, in both', async () => {
    await put(from, 'OWNER', { session: '', epoch: 1 });
    await put(to, 'OWNER', { session: 'x', epoch: 7 });
    await put(to, 'A', { version: 1 });
    expect(await copyItems(from, to, 'ada')).toEqual({ written: 0, removed: 1, items: 0 });
    expect((await to.get(key('OWNER')))?.attributes['epoch']).toBe(7);
    expect(await removeItems(to, 'ada')).toBe(0);
    expect((await to.get(key('OWNER')))?.attributes['epoch']).toBe(7);
  });

  it('a write whose answer was lost is not made twice, and a refused one is not forced', async () => {
    await put(from, 'A', { version: 3, writeId: 'a' });
    let calls = 0;
    const lossy: Store = {
      ...methodsOf(to),
      async put(...all) {
        calls += 1;
        await to.put(...all);
        return { outcome: 'unknown', cause: new Error('lost') };
      },
    };
    await copyItems(from, lossy, 'ada');
    expect(calls).toBe(1);
    expect(await compareItems(from, to, 'ada')).toEqual([]);
  });

  it('a removal of a copy that comes late leaves the next copy alone, though it is the same to the last byte', async () => {
    await put(from, 'A', { version: 1, writeId: 'a' });
    await put(from, 'SEGMENT#A#x#0', { bytes: new Uint8Array([1]) });
    await new UserCopy({ from, to, user: 'ada', name: 'first' }).catchUp();
    const late: (() => Promise<unknown>)[] = [];
    const slow: Store = {
      ...methodsOf(to),
      async delete(...all) {
        late.push(() => to.delete(...all));
        return to.delete(...all);
      },
    };
    expect(await removeItems(slow, 'ada')).toBe(2);
    const second = new UserCopy({ from, to, user: 'ada', name: 'second' });
    expect(await second.catchUp()).toEqual({ written: 2, removed: 0, items: 2 });
    for (const comes of late) await comes();
    expect(await second.compare()).toEqual([]);
    expect(await second.catchUp()).toEqual({ written: 0, removed: 0, items: 2 });
  });

  it('a removal of what was never copied leaves a copy alone', async () => {
    const key = { partition: 'USER#ada', sort: 'SEGMENT#A#x#0' };
    await put(to, key.sort, { bytes: new Uint8Array([1]) });
    let late = async (): Promise<unknown> => undefined;
    const slow: Store = {
      ...methodsOf(to),
      async delete(...all) {
        late = () => to.delete(...all);
        return to.delete(...all);
      },
    };
    await removeItems(slow, 'ada');
    await put(from, key.sort, { bytes: new Uint8Array([1]) });
    await new UserCopy({ from, to, user: 'ada', name: 'x' }).catchUp();
    await late();
    expect(await to.get(key)).toBeDefined();
  });
});

const methodsOf = (store: Store): Store => ({
  get: (...all) => store.get(...all),
  query: (...all) => store.query(...all),
  scan: () => store.scan(),
  update: (...all) => store.update(...all),
  delete: (...all) => store.delete(...all),
  put: (...all) => store.put(...all),
  close: () => store.close(),
});
