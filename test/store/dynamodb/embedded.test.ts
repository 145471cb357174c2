import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';

import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog } from '../../../lib/platform/index.ts';
import {
  absent,
  type EmbeddedDynamo,
  type EmbeddedDynamoOptions,
  type EngineName,
  equals,
  openDynamoStore,
  startEmbeddedDynamo,
} from '../../../lib/store/index.ts';
import { freePort } from '../../support/loopback.ts';
import { StoreProxy } from '../../support/store-proxy.ts';

const TABLE = 'caravan-pool';
const KEY = { partition: 'P', sort: 'S' };

for (const engine of ['dynoxide', 'dynalite'] as const) {
  describe(`An embedded DynamoDB (${engine})`, () => {
    let directory: string;
    let file: string;
    const running: EmbeddedDynamo[] = [];
    const start = async (options: EmbeddedDynamoOptions = {}): Promise<EmbeddedDynamo> => {
      const dynamo = await startEmbeddedDynamo({ engine, file, ...options });
      running.push(dynamo);
      return dynamo;
    };
    const open = (dynamo: { endpoint: string }) =>
      openDynamoStore({ table: TABLE, endpoint: dynamo.endpoint, requestTimeoutMs: 10_000 });

    beforeEach(() => {
      directory = mkdtempSync(join(tmpdir(), 'caravan-dynamo-'));
      file = join(directory, 'deep', 'pool');
    });
    afterEach(async () => {
      await Promise.all(running.splice(0).map((dynamo) => dynamo.stop()));
      rmSync(directory, { recursive: true });
    });

    it('keeps what was acknowledged when it is killed, in a file for its owner alone', async () => {
      const first = await start();
      const store = await open(first);
      await store.createTable();
      await store.createTable();
      for (let n = 0; n < 20; n += 1) {
        expect(await store.put({ key: { ...KEY, sort: `${n}` }, attributes: { n } }, [absent])).toEqual({
          outcome: 'applied',
        });
      }
      process.kill(first.pid, 'SIGKILL');
      expect(await first.exited).toEqual({ status: 137, signal: null });
      await store.close();

      const again = await open(await start());
      await again.checkTable();
      const found: unknown[] = [];
      for await (const item of again.query('P')) found.push(item.attributes['n']);
      expect(found).toHaveLength(20);
      await again.close();
      expect(statSync(file).mode & 0o077).toBe(0);
      expect(statSync(join(directory, 'deep')).mode & 0o077).toBe(0);
    });

    it('without a file keeps nothing', async () => {
      const store = await open(await start({ file: undefined }));
      await store.createTable();
      expect(await store.get(KEY)).toBeUndefined();
      await store.close();
    });

    it('is started again under writers: nothing that was applied is lost, nothing is applied twice', async () => {
      let dynamo = await start();
      const proxy = await StoreProxy.start(dynamo.endpoint);
      const store = await open(proxy);
      await store.createTable();
      await store.put({ key: KEY, attributes: { version: 0 } });
      const count = { applied: 0, unknown: 0 };
      const over = new AbortController();
      const write = async (): Promise<void> => {
        for (let n = 0; !over.signal.aborted; n += 1) {
          const version = Number((await store.get(KEY).catch(() => undefined))?.attributes['version']);
          if (Number.isNaN(version)) continue;
          try {
            const result = await store.update(KEY, { set: { version: version + 1, n } }, [equals('version', version)]);
            if (result.outcome === 'applied') count.applied += 1;
            if (result.outcome === 'unknown') count.unknown += 1;
          } catch (thrown) {
            // Certainly not applied.
            expect(thrown).toMatchObject({ code: 'store-unavailable' });
          }
        }
      };
      const writers = Array.from({ length: 8 }, write);
      const untilMoreAreApplied = async () => {
        const enough = count.applied + 30;
        while (count.applied < enough) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      await untilMoreAreApplied();
      process.kill(dynamo.pid, 'SIGKILL');
      await dynamo.exited;
      dynamo = await start();
      proxy.target = dynamo.endpoint;
      await untilMoreAreApplied();
      over.abort();
      await Promise.all(writers);
      const version = Number((await store.get(KEY))?.attributes['version']);
      expect(version).toBeGreaterThanOrEqual(count.applied);
      expect(version).toBeLessThanOrEqual(count.applied + count.unknown);
      await store.close();
      await proxy.close();
    });

    it('tells when it ends by itself, and says so in the log', async () => {
      const lines: string[] = [];
      const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } });
      const dynamo = await start({ log });
      process.kill(dynamo.pid, 'SIGKILL');
      await dynamo.exited;
      expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
        { level: 'info', engine, pid: dynamo.pid, message: 'The embedded DynamoDB is up' },
        { level: 'error', status: 137, message: 'A program has ended by itself' },
      ]);
    });

    it('that is stopped says nothing, and may be stopped twice', async () => {
      const lines: string[] = [];
      const log = createLog({ level: 'warn', destination: { write: (line) => void lines.push(line) } });
      const dynamo = await start({ log });
      const store = await open(dynamo);
      await store.createTable();
      await dynamo.stop();
      await dynamo.stop();
      expect(() => process.kill(dynamo.pid, 0)).toThrow('ESRCH');
      expect(lines).toEqual([]);
      await store.close();
    });

    it('does not outlive the process that started it, even a killed one', async () => {
      const library = join(import.meta.dirname, '../../../lib/store/index.ts');
      const script = `
        import { startEmbeddedDynamo } from ${JSON.stringify(library)};
        const dynamo = await startEmbeddedDynamo(${JSON.stringify({ engine, file })});
        console.log(dynamo.pid);
        setInterval(() => {}, 1000);`;
      const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(line.toString());
      expect(() => process.kill(pid, 0)).not.toThrow();
      parent.kill('SIGKILL');
      await once(parent, 'exit');
      // The next one may have the file.
      await start();
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    });

    it('does not share its file with another', { timeout: 60_000 }, async () => {
      const dynamo = await start();
      await expect(start()).rejects.toEqual(
        expect.objectContaining({
          code: 'store-in-use',
          why: `process ${dynamo.pid} has it`,
          remedy: expect.any(String),
        }),
      );
      const store = await open(dynamo);
      await store.createTable();
      await store.close();
    });

    it('does not start on a port that something else has', async () => {
      const port = await freePort();
      const other = createServer((_, response) => void response.end('healthy'));
      await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
      await expect(start({ port })).rejects.toEqual(
        expect.objectContaining({ code: 'store-unavailable', why: expect.stringMatching(/in use/i) }),
      );
      other.closeAllConnections();
      await new Promise((resolve) => other.close(resolve));
      const dynamo = await start({ port });
      expect(dynamo.endpoint).toBe(`http://127.0.0.1:${port}`);
    });

    it('says why where its file cannot be', async () => {
      writeFileSync(join(directory, 'deep'), 'a file');
      await expect(start()).rejects.toEqual(
        expect.objectContaining({ code: 'store-unavailable', remedy: expect.stringContaining('Name another file') }),
      );
    });
  });
}

describe('An embedded DynamoDB that is not installed', () => {
  it('says what to install', async () => {
    await expect(startEmbeddedDynamo({ engine: 'none' as EngineName })).rejects.toMatchObject({
      code: 'store-unavailable',
      why: 'none is not installed',
      remedy: expect.stringContaining('npm ci'),
    });
  });
});
