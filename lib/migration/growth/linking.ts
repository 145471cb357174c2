/** A standalone server's way to its pool: opened for an order, and tried again for as long as it cannot be used. */
import { type Clock, type Log, reasonOf, sleep } from '../../platform/index.ts';
import type { Order } from './order.ts';
import type { PoolSide } from './pool-side.ts';

export interface LinkingParts {
  readonly openPool: (file: string, standalone: string) => Promise<PoolSide>;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the server's end. */
  readonly signal: AbortSignal;
}

/** Who is in the pool waits for it. */
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 60_000;

export class Linking {
  readonly #parts: LinkingParts;
  #side: PoolSide | undefined;
  #linked: Promise<PoolSide> | undefined;
  #problem: string | undefined;
  /** One at a time: each listens at the same port. */
  #attempt: Promise<PoolSide> | undefined;
  #hurry: (() => void) | undefined;

  constructor(parts: LinkingParts) {
    this.#parts = parts;
  }

  /** Once users of the pool can be served through this server. */
  get side(): PoolSide | undefined {
    return this.#side;
  }

  /** Why the pool cannot be used now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when users of the pool can be served through this server; undefined where there is no pool. */
  get linked(): Promise<PoolSide> | undefined {
    return this.#linked;
  }

  /** Until it can be used, or the server ends. */
  keepTrying(order: Order): Promise<PoolSide> {
    this.#linked = this.#tryOn(order);
    this.#linked.catch(() => undefined);
    return this.#linked;
  }

  /** What was opened and found good already. */
  link(side: PoolSide): Promise<PoolSide> {
    this.#linked = this.#use(side);
    return this.#linked;
  }

  /** The next attempt now, by whoever has mended what was wrong. Throws what is still wrong. */
  async now(order: Order): Promise<PoolSide> {
    if (this.#side) return this.#side;
    const attempt = this.#once(order);
    await attempt;
    this.#hurry?.();
    return (await this.#linked) ?? attempt;
  }

  async close(): Promise<void> {
    const side = this.#side;
    this.#side = undefined;
    this.#linked = undefined;
    this.#problem = undefined;
    await side?.close();
  }

  async #tryOn(order: Order): Promise<PoolSide> {
    const { clock, log, signal } = this.#parts;
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_RETRY_MS)) {
      if (this.#side) return this.#side;
      try {
        return await this.#once(order);
      } catch (thrown) {
        signal.throwIfAborted();
        log.error({ error: thrown, file: order.file }, 'The pool of this server cannot be used; it is tried again');
      }
      const hurried = new AbortController();
      this.#hurry = () => hurried.abort();
      await sleep(clock, pauseMs, AbortSignal.any([signal, hurried.signal])).catch(() => signal.throwIfAborted());
    }
  }

  #once({ file, standalone }: Order): Promise<PoolSide> {
    this.#attempt ??= this.#parts
      .openPool(file, standalone)
      .then((side) => this.#use(side))
      .catch((thrown: unknown) => {
        this.#problem = reasonOf(thrown);
        throw thrown;
      })
      .finally(() => {
        this.#attempt = undefined;
      });
    return this.#attempt;
  }

  async #use(side: PoolSide): Promise<PoolSide> {
    try {
      await side.link(this.#parts.signal);
    } catch (thrown) {
      await side.close();
      throw thrown;
    }
    this.#side = side;
    this.#problem = undefined;
    this.#parts.log.info({ pool: side.pool }, 'This server serves users of its pool through a link');
    return side;
  }
}
