/**
 * Writes that are asked for in the same turn of the event loop, or while the disk is busy with those before, share one
 * transaction, and so one sync of the disk: many users' changes cost little more than one user's. Each write still has its
 * own outcome, and no outcome is told before the transaction that it stands for is on the disk. The event loop goes on
 * meanwhile: a disk may take milliseconds.
 */
import type { WriteResult } from '../store.ts';
import { isCommitUnknown } from './failures.ts';

/** More writes than these start another transaction, so that the event loop turns in between. */
const BATCH_LIMIT = 128;

/** The part of a database that a commit needs. */
export interface Transactions {
  begin(): void;
  commit(): void;
  /** Resolves when what was committed is on the disk. Rejects if that cannot be told. */
  sync(): Promise<void>;
  /** Must not fail; does nothing where SQLite has rolled back by itself. */
  rollback(): void;
  /** A commit failed in such a way that the connection can no longer be trusted to tell what is on the disk. */
  distrust(): void;
}

/** Runs inside the transaction. Throws to refuse this write alone before it touched the database: see `isLocal`. */
export type Write = () => WriteResult;

interface Waiting {
  readonly partition: string;
  readonly write: Write;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
}

/** A write whose transaction was committed, and how its outcome is told once that is on the disk. */
interface Committed {
  readonly waiting: Waiting;
  readonly tell: () => void;
}

interface QueueOptions {
  readonly transactions: Transactions;
  /** Whether what a write threw was its own doing, and the database is as it was. */
  readonly isLocal: (thrown: unknown) => boolean;
  readonly toError: (thrown: unknown) => Error;
}

export class CommitQueue {
  readonly #options: QueueOptions;
  #waiting: Waiting[] = [];
  #unsynced: { readonly partitions: ReadonlySet<string>; readonly done: Promise<void> } | undefined;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(partition: string, write: Write): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ partition, write, resolve, reject });
      // Not a timer: it runs in this same turn, after the callbacks that are due.
      if (this.#waiting.length === 1 && !this.#unsynced) setImmediate(() => this.#commitSome());
    });
  }

  /**
   * Resolves when nothing of the partition (default: of any) is committed without being on the disk: what is read then is
   * not lost with the power. Undefined: that is so now.
   */
  synced(partition?: string): Promise<void> | undefined {
    const unsynced = this.#unsynced;
    return unsynced && (partition === undefined || unsynced.partitions.has(partition)) ? unsynced.done : undefined;
  }

  /** Resolves when every write that was asked for has its outcome. */
  async drain(): Promise<void> {
    while (this.#unsynced || this.#waiting.length > 0) {
      this.#commitSome();
      await this.#unsynced?.done;
    }
  }

  #commitSome(): void {
    if (this.#waiting.length === 0 || this.#unsynced) return;
    this.#commitBatch();
    if (this.#waiting.length > 0 && !this.#unsynced) setImmediate(() => this.#commitSome());
  }

  #commitBatch(): void {
    const batch = this.#waiting.splice(0, BATCH_LIMIT);
    const committed: Committed[] = [];
    if (!this.#commit(batch, committed)) {
      // Nothing of the batch was applied. What one write could not do (a full disk, say) others may: a delete, a small one.
      for (const waiting of batch) this.#commit([waiting], committed);
    }
    if (committed.length > 0) this.#sync(committed);
  }

  #sync(committed: readonly Committed[]): void {
    const { transactions } = this.#options;
    const partitions = new Set(committed.map(({ waiting }) => waiting.partition));
    const done = transactions.sync().then(
      () => {
        for (const { tell } of committed) tell();
      },
      (thrown: unknown) => {
        for (const { waiting } of committed) waiting.resolve({ outcome: 'unknown', cause: thrown });
        transactions.distrust();
      },
    );
    this.#unsynced = {
      partitions,
      done: done.finally(() => {
        this.#unsynced = undefined;
        if (this.#waiting.length > 0) setImmediate(() => this.#commitSome());
      }),
    };
  }

  /** False if nothing was applied and the batch can be tried in parts. What was committed is added to `committed`. */
  #commit(batch: readonly Waiting[], committed: Committed[]): boolean {
    const { transactions, toError } = this.#options;
    const outcomes: Committed[] = [];
    let isCommitting = false;
    try {
      transactions.begin();
      for (const waiting of batch) outcomes.push({ waiting, tell: this.#run(waiting) });
      isCommitting = true;
      transactions.commit();
    } catch (thrown) {
      transactions.rollback();
      if (isCommitting && isCommitUnknown(thrown)) {
        for (const waiting of batch) waiting.resolve({ outcome: 'unknown', cause: thrown });
        transactions.distrust();
        return true;
      }
      if (batch.length > 1) return false;
      for (const waiting of batch) waiting.reject(toError(thrown));
      return true;
    }
    committed.push(...outcomes);
    return true;
  }

  #run(waiting: Waiting): () => void {
    try {
      const result = waiting.write();
      return () => waiting.resolve(result);
    } catch (thrown) {
      if (!this.#options.isLocal(thrown)) throw thrown;
      return () => waiting.reject(thrown);
    }
  }
}
