/**
 * Writes that are asked for in the same turn of the event loop share one transaction, and so one sync of the disk: many
 * users' changes cost little more than one user's. Each write still has its own outcome, and no outcome is told before
 * the transaction that it stands for is on the disk.
 */
import type { WriteResult } from '../store.ts';
import { isCommitUnknown } from './failures.ts';

/** More writes than these start another transaction, so that the event loop turns in between. */
const BATCH_LIMIT = 128;

/** The part of a database that a commit needs. */
export interface Transactions {
  begin(): void;
  commit(): void;
  /** Must not fail; does nothing where SQLite has rolled back by itself. */
  rollback(): void;
  /** A commit failed in such a way that the connection can no longer be trusted to tell what is on the disk. */
  distrust(): void;
}

/** Runs inside the transaction. Throws to refuse this write alone before it touched the database: see `isLocal`. */
export type Write = () => WriteResult;

interface Waiting {
  readonly write: Write;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
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

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(write: Write): Promise<WriteResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      // Not a timer: it runs in this same turn, after the callbacks that are due.
      if (this.#waiting.length === 1) setImmediate(() => this.#commitSome());
    });
  }

  /** Commits everything that waits, now. */
  flush(): void {
    while (this.#waiting.length > 0) this.#commitBatch();
  }

  #commitSome(): void {
    if (this.#waiting.length === 0) return;
    this.#commitBatch();
    if (this.#waiting.length > 0) setImmediate(() => this.#commitSome());
  }

  #commitBatch(): void {
    const batch = this.#waiting.splice(0, BATCH_LIMIT);
    if (this.#commit(batch)) return;
    // Nothing of the batch was applied. What one write could not do (a full disk, say) others may: a delete, a small one.
    for (const waiting of batch) this.#commit([waiting]);
  }

  /** False if nothing was applied and the batch can be tried in parts. */
  #commit(batch: readonly Waiting[]): boolean {
    const { transactions, toError } = this.#options;
    const tell: (() => void)[] = [];
    let isCommitting = false;
    try {
      transactions.begin();
      for (const waiting of batch) tell.push(this.#run(waiting));
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
    for (const outcome of tell) outcome();
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
