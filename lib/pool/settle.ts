/**
 * One request of the protocol to the store: bounded in time, and its outcome settled. A timeout, a reset or a 5xx on a
 * conditional write means unknown, never failed: the item is read consistently and tells whose the write was
 * (ownership.md, "Unknown results").
 */
import type { Clock } from '../platform/index.ts';
import type { Item, Key, Store, WriteResult } from '../store/index.ts';
import type { PoolMetrics } from './metrics.ts';

export interface StoreAccess {
  readonly store: Store;
  readonly clock: Clock;
  readonly requestTimeoutMs: number;
  readonly metrics: PoolMetrics;
}

/**
 * `applied`: the write is in the store, by this request or by an earlier one of the same content (`byEarlier`).
 * `refused`: it is not and, as things stand, cannot come to be. `unknown`: it may be, or may still come to be; where a read
 * has shown that it had not been applied, `notAppliedAt` is the monotonic instant at which that read was sent.
 */
export type Settled =
  | { readonly outcome: 'applied'; readonly byEarlier: boolean }
  | { readonly outcome: 'refused'; readonly current: Item | undefined }
  | { readonly outcome: 'unknown'; readonly notAppliedAt: number | undefined };

export interface Write {
  readonly key: Key;
  send(store: Store): Promise<WriteResult>;
  /** Whether the item, as it is read, bears this very write. */
  isMine(current: Item | undefined): boolean;
  /** Whether the write's condition still holds, so that a request under way could yet be applied. */
  isOpen(current: Item | undefined): boolean;
}

export async function settle(access: StoreAccess, write: Write): Promise<Settled> {
  const result = await send(access, write);
  if (result.outcome === 'applied') return { outcome: 'applied', byEarlier: false };
  if (result.outcome === 'refused') {
    if (write.isMine(result.current)) return { outcome: 'applied', byEarlier: true };
    access.metrics.count('conditional-failure');
    return { outcome: 'refused', current: result.current };
  }
  access.metrics.count('unknown-result');
  const readAt = access.clock.monotonic();
  const read = await readItem(access, write.key);
  if (!read.ok) return { outcome: 'unknown', notAppliedAt: undefined };
  if (write.isMine(read.value)) return { outcome: 'applied', byEarlier: true };
  if (write.isOpen(read.value)) return { outcome: 'unknown', notAppliedAt: readAt };
  return { outcome: 'refused', current: read.value };
}

async function send(access: StoreAccess, write: Write): Promise<WriteResult> {
  const result = await within(access, write.send(access.store));
  return result.ok ? result.value : { outcome: 'unknown', cause: result.cause };
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly cause: unknown };

/** Consistent. A read that failed or took too long says so as a value. */
export async function readItem(access: StoreAccess, key: Key): Promise<Read<Item | undefined>> {
  return within(access, access.store.get(key, { consistent: true }));
}

/** What a promise comes to, or that it did not within the time of a request; it goes on unheard. */
export function within<T>(access: StoreAccess, promise: Promise<T>): Promise<Read<T>> {
  return new Promise((resolve) => {
    const timer = access.clock.after(access.requestTimeoutMs, () =>
      resolve({ ok: false, cause: new Error(`no answer within ${access.requestTimeoutMs} ms`) }),
    );
    promise.then(
      (value) => {
        timer.cancel();
        resolve({ ok: true, value });
      },
      (cause: unknown) => {
        timer.cancel();
        resolve({ ok: false, cause });
      },
    );
  });
}
