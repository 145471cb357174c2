import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLog } from '../../../lib/platform/index.ts';
import { SqliteStore } from '../../../lib/store/index.ts';
// The migrations are the database's own affair, and their order is what is tested here.
import { MIGRATIONS } from '../../../lib/store/sqlite/migrations.ts';

const isRoot = process.getuid?.() === 0;
const FILLER = new Uint8Array(100_000).fill(7);

describe('SqliteStore in trouble', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'caravan-store-'));
    file = join(directory, 'caravan.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const keyOf = (sort: string) => ({ partition: 'P', sort });
  const failure = (code: string, why?: string) =>
    expect.objectContaining({ code, remedy: expect.any(String), ...(why && { why: expect.stringContaining(why) }) });

  describe('the file', () => {
    it('is made with its directory, for its owner alone', async () => {
      file = join(directory, 'a', 'b', 'caravan.db');
      const store = new SqliteStore({ file });
      await store.put({ key: keyOf('a'), attributes: { a: 1 } });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600);
      expect(statSync(join(directory, 'a', 'b')).mode & 0o777).toBe(0o700);
      await store.close();
    });

    it('is readable: JSON with bytes in base64', async () => {
      const store = new SqliteStore({ file });
      const attributes = { epoch: 7, name: 'Ü', is: true, list: ['a'], state: new Uint8Array([1, 2, 3]) };
      await store.put({ key: keyOf('a'), attributes });
      await store.close();
      const database = new DatabaseSync(file, { readOnly: true });
      expect(database.prepare('SELECT partition, sort, attributes FROM items').all()).toMatchObject([
        {
          partition: 'P',
          sort: 'a',
          attributes: '{"epoch":7,"name":"Ü","is":true,"list":["a"],"state":{"base64":"AQID"}}',
        },
      ]);
      database.close();
    });

    it('a second store in the same process is store-in-use, and the first goes on', async () => {
      const store = new SqliteStore({ file });
      expect(() => new SqliteStore({ file })).toThrow(failure('store-in-use', `process ${process.pid}`));
      expect(await store.put({ key: keyOf('a'), attributes: {} })).toEqual({ outcome: 'applied' });
      expect(() => new SqliteStore({ file })).toThrow(failure('store-in-use'));
      await store.close();
      await new SqliteStore({ file }).close();
    });

    it('a directory in its place is store-unavailable', () => {
      mkdirSync(file);
      expect(() => new SqliteStore({ file })).toThrow(failure('store-unavailable'));
    });
  });

  describe('damage is store-corrupt', () => {
    it('text in place of a database', () => {
      writeFileSync(file, 'This was a text file all along. '.repeat(500));
      expect(() => new SqliteStore({ file })).toThrow(failure('store-corrupt', 'not a database'));
      expect(readFileSync(file, 'utf8')).toMatch(/^This was a text file/);
    });

    it("another program's database, which is left as it was", () => {
      const other = new DatabaseSync(file);
      other.exec('CREATE TABLE bookmarks (url TEXT)');
      other.close();
      expect(() => new SqliteStore({ file })).toThrow(failure('store-corrupt', 'another program'));
      const again = new DatabaseSync(file);
      expect(again.prepare('SELECT name FROM sqlite_schema').all()).toMatchObject([{ name: 'bookmarks' }]);
      again.close();
    });

    it('a file cut short', async () => {
      await fill(20);
      truncateSync(file, 8192);
      await expectCorrupt();
    });

    it('overwritten pages are found by the first read', async () => {
      await fill(20);
      overwrite();
      await expectCorrupt();
    });

    it('overwritten pages are found at the start, if the last stop was not a clean one', async () => {
      await fill(20);
      overwrite();
      writeFileSync(`${file}.pid`, '1\n');
      expect(() => new SqliteStore({ file })).toThrow(failure('store-corrupt'));
    });

    it('an unclean stop without damage is no more than a line in the log', async () => {
      await fill(3);
      writeFileSync(`${file}.pid`, '4711\n');
      const lines: string[] = [];
      const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } });
      const store = new SqliteStore({ file, log });
      expect(await store.get(keyOf('2'))).toBeDefined();
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { level: 'warn', pid: 4711, message: 'The database was not closed cleanly; looking for damage' },
      ]);
      await store.close();
    });

    it('an item that is no JSON', async () => {
      await fill(2);
      const database = new DatabaseSync(file);
      database.exec(`UPDATE items SET attributes = '{"a":' WHERE sort = '0'`);
      database.close();
      const store = new SqliteStore({ file });
      await expect(store.get(keyOf('0'))).rejects.toEqual(failure('store-corrupt', 'not readable'));
      await expect(store.update(keyOf('0'), { set: { a: 1 } })).rejects.toEqual(failure('store-corrupt'));
      expect(await store.get(keyOf('1'))).toBeDefined();
      await store.close();
    });

    function overwrite(): void {
      const handle = openSync(file, 'r+');
      for (let offset = 4096; offset < statSync(file).size; offset += 4096)
        writeSync(handle, Buffer.alloc(2048, 0xaa), 0, 2048, offset);
      closeSync(handle);
    }

    async function expectCorrupt(): Promise<void> {
      const readAll = async () => {
        const store = new SqliteStore({ file });
        try {
          for await (const item of store.scan()) expect(item.key.partition).toBe('P');
        } finally {
          await store.close();
        }
      };
      await expect(readAll()).rejects.toEqual(failure('store-corrupt'));
    }
  });

  describe('schema versions', () => {
    it('a newer one is refused, and the file is left as it was', async () => {
      await fill(1);
      const database = new DatabaseSync(file);
      database.exec('PRAGMA user_version = 99');
      database.close();
      expect(() => new SqliteStore({ file })).toThrow(failure('store-newer', 'its schema version is 99'));
      const again = new DatabaseSync(file);
      expect(again.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 99 });
      again.close();
    });

    it('an older one is migrated forward with its items', async () => {
      await fill(3);
      const added = 'ALTER TABLE items ADD COLUMN added TEXT';
      const store = new SqliteStore({ file, migrations: [...MIGRATIONS, (database) => database.exec(added)] });
      expect((await store.get(keyOf('2')))?.attributes['n']).toBe(2);
      await store.close();
      expect(() => new SqliteStore({ file })).toThrow(failure('store-newer'));
    });

    it('a migration that fails changes nothing', async () => {
      await fill(3);
      const broken = (database: DatabaseSync) => {
        database.exec('DELETE FROM items');
        database.exec('CREATE TABLE items (x)');
      };
      expect(() => new SqliteStore({ file, migrations: [...MIGRATIONS, broken] })).toThrow(
        failure('store-unavailable'),
      );
      const store = new SqliteStore({ file });
      expect(await store.get(keyOf('2'))).toBeDefined();
      await store.close();
    });
  });

  describe('the disk', () => {
    it('is slow: what is not on it is neither acknowledged nor read, and other users are not held up', async () => {
      const disk = Promise.withResolvers<void>();
      const syncs: number[] = [];
      const store = new SqliteStore({
        file,
        syncFile(descriptor) {
          syncs.push(descriptor);
          return disk.promise;
        },
      });
      const told: string[] = [];
      const write = store.put({ key: keyOf('a'), attributes: { a: 1 } }).then(() => told.push('written'));
      await vi.waitFor(() => expect(syncs).toHaveLength(1));
      const read = store
        .get(keyOf('a'))
        .then((item) => told.push(item?.attributes['a'] === 1 ? 'read' : 'read nothing'));
      expect(await store.get({ partition: 'Q', sort: 'a' })).toBeUndefined();
      expect(told).toEqual([]);
      disk.resolve();
      await Promise.all([write, read]);
      expect(told.toSorted()).toEqual(['read', 'written']);
      await store.close();
    });

    it('cannot say that it has a write: the outcome is unknown, and the store goes on', async () => {
      const failures = [new Error('EIO: i/o error, fdatasync')];
      const store = new SqliteStore({
        file,
        async syncFile() {
          const failure = failures.shift();
          if (failure) throw failure;
        },
      });
      expect(await store.put({ key: keyOf('a'), attributes: { a: 1 } })).toMatchObject({
        outcome: 'unknown',
        cause: { message: 'EIO: i/o error, fdatasync' },
      });
      expect(await store.put({ key: keyOf('b'), attributes: { b: 1 } })).toEqual({ outcome: 'applied' });
      expect((await store.get(keyOf('b')))?.attributes).toEqual({ b: 1 });
      await store.close();
    });
  });

  describe('a full disk is store-full', () => {
    it('at the size limit: nothing of the write is applied, small writes and deletes go on, and so do all after room was made', async () => {
      const store = new SqliteStore({ file, limitBytes: 1_000_000 });
      await store.put({ key: keyOf('small'), attributes: { n: 0 } });
      const kept = await fillUp(store);
      expect(kept).toBeGreaterThan(5);
      const large = store.put({ key: keyOf('large'), attributes: { FILLER } });
      const small = store.update(keyOf('small'), { set: { n: -1 } });
      await expect(large).rejects.toEqual(failure('store-full'));
      expect(await small).toEqual({ outcome: 'applied' });
      expect(await store.get(keyOf('large'))).toBeUndefined();
      expect(await store.delete(keyOf('1'))).toEqual({ outcome: 'applied' });
      expect(await store.put({ key: keyOf('large'), attributes: { FILLER } })).toEqual({ outcome: 'applied' });
      await store.close();
      const again = new SqliteStore({ file });
      expect((await again.get(keyOf('small')))?.attributes['n']).toBe(-1);
      expect((await again.get(keyOf('large')))?.attributes['FILLER']).toHaveLength(FILLER.length);
      await again.close();
    });

    it.skipIf(!isRoot)(
      'on a file system without room (mounted, so left out without root): reads go on, and writes too once room was made',
      async () => {
        const mount = join(directory, 'disk');
        mkdirSync(mount);
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', mount]);
        try {
          writeFileSync(join(mount, 'ballast'), Buffer.alloc(1_000_000));
          file = join(mount, 'caravan.db');
          const store = new SqliteStore({ file });
          const kept = await fillUp(store);
          expect(kept).toBeGreaterThan(1);
          const batch = await Promise.allSettled(
            Array.from({ length: 5 }, () => store.put({ key: keyOf('large'), attributes: { FILLER } })),
          );
          for (const result of batch)
            expect(result).toEqual({ status: 'rejected', reason: failure('store-full', 'full') });
          expect(await store.get(keyOf('large'))).toBeUndefined();
          for (let n = 0; n < kept; n += 1) expect((await store.get(keyOf(`${n}`)))?.attributes['n']).toBe(n);
          rmSync(join(mount, 'ballast'));
          expect(await store.put({ key: keyOf('large'), attributes: { FILLER } })).toEqual({ outcome: 'applied' });
          await store.close();
          const again = new SqliteStore({ file });
          expect(await again.get(keyOf('large'))).toBeDefined();
          for (let n = 0; n < kept; n += 1) expect((await again.get(keyOf(`${n}`)))?.attributes['n']).toBe(n);
          await again.close();
        } finally {
          execFileSync('umount', [mount]);
        }
      },
    );

    async function fillUp(store: SqliteStore): Promise<number> {
      for (let n = 0; ; n += 1) {
        try {
          await store.put({ key: keyOf(`${n}`), attributes: { n, FILLER } });
        } catch (thrown) {
          expect(thrown).toEqual(failure('store-full'));
          return n;
        }
      }
    }
  });

  async function fill(count: number): Promise<void> {
    const store = new SqliteStore({ file });
    for (let n = 0; n < count; n += 1)
      await store.put({ key: keyOf(`${n}`), attributes: { n, filler: new Uint8Array(1000) } });
    await store.close();
  }
});
