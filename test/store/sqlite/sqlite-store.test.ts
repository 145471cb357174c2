import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteStore } from '../../../lib/store/index.ts';
import { describeStoreContract } from '../../contract/store.ts';

describeStoreContract('SqliteStore', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'caravan-store-'));
  const file = join(directory, 'caravan.db');
  let store = new SqliteStore({ file });
  return {
    get store() {
      return store;
    },
    async reopen() {
      await store.close();
      store = new SqliteStore({ file });
    },
    async close() {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});
