/** The store as a client with timeouts has it: a read that gets no answer fails, a write of which nothing is heard is unknown. */
import type { Clock } from '../../../lib/platform/index.ts';
import { type Item, type Store, StoreError, type WriteResult } from '../../../lib/store/index.ts';

const READ_MS = 1_000;
const WRITE_MS = 1_500;
const READ_TRIES = 2;

export function timedStore(store: Store, clock: Clock): Store {
  const write = (task: Promise<WriteResult>): Promise<WriteResult> =>
    new Promise((resolve, reject) => {
      const limit = clock.after(WRITE_MS, () => resolve({ outcome: 'unknown', cause: new Error('no answer in time') }));
      task.then(resolve, reject).finally(() => limit.cancel());
    });
  const read = async <T>(task: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      try {
        return await once(task());
      } catch (thrown) {
        if (tries >= READ_TRIES) throw thrown;
      }
    }
  };
  const once = <T>(task: Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const limit = clock.after(READ_MS, () =>
        reject(new StoreError('store-unavailable', 'The store gives no answer in time')),
      );
      task.then(resolve, reject).finally(() => limit.cancel());
    });
  return {
    ...store,
    get: (key, options) => read(() => store.get(key, options)),
    put: (item, conditions) => write(store.put(item, conditions)),
    update: (key, changes, conditions) => write(store.update(key, changes, conditions)),
    delete: (key, conditions) => write(store.delete(key, conditions)),
    async *query(partition, options) {
      yield* await read(() => collect(store.query(partition, options)));
    },
    async *scan() {
      yield* await read(() => collect(store.scan()));
    },
  };
}

async function collect(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
