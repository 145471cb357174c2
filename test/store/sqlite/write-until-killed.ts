// Child of durability.test.ts: writes counters as fast as it can and prints every acknowledged write, until it is killed.
import { writeSync } from 'node:fs';
import { equals, SqliteStore } from '../../../lib/store/index.ts';

const WRITERS = 8;

const store = new SqliteStore({ file: process.argv[2] as string });

async function count(writer: number): Promise<never> {
  const key = { partition: 'COUNTERS', sort: `WRITER#${writer}` };
  const before = await store.get(key);
  let version = (before?.attributes['version'] as number | undefined) ?? 0;
  if (!before) await store.put({ key, attributes: { version } });
  for (;;) {
    const filler = new Uint8Array(version % 3000);
    const result = await store.update(key, { set: { version: version + 1, filler } }, [equals('version', version)]);
    if (result.outcome !== 'applied') throw new Error(`writer ${writer} at ${version}: ${JSON.stringify(result)}`);
    version += 1;
    writeSync(1, `${writer} ${version}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => count(writer)));
