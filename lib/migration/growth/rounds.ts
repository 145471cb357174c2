/** The work on an order: round after round, until nobody is left who is to be moved. */
import { reasonOf, sleep } from '../../platform/index.ts';
import { MigrationError } from '../errors.ts';
import { type Moved, moveHome, moveOut, type MoveParts } from './hand-over.ts';
import type { Order } from './order.ts';
import type { PoolSide } from './pool-side.ts';
import type { Roll } from './roll.ts';

export interface RoundsParts
  extends Pick<MoveParts, 'own' | 'places' | 'clock' | 'random' | 'log' | 'finish' | 'lose'> {
  readonly roll: Roll;
  /** Nobody is left. What it throws is tried again. */
  readonly onDone: (order: Order, side: PoolSide) => Promise<void>;
  /** Of the server's end. */
  readonly ending: AbortSignal;
}

/** Few: the users who are served meanwhile come first. */
const AT_ONCE = 2;
/** After each user it rests as long as that one took, and at the most so long. */
const LONGEST_REST_MS = 1_000;
const RETRY_MS = 1_000;
/** A user whose last copy takes longer is served on, and waits twice as long the next time: it may be the way to the pool. */
const FIRST_PAUSE_LIMIT_MS = 1_000;
const LONGEST_PAUSE_LIMIT_MS = 16_000;

export class Rounds {
  /** Who is to be moved, as far as is known, and who has been. */
  users = 0;
  moved = 0;
  /** Of those who were moved since this server started. */
  items = 0;
  longestPauseMs = 0;
  /** Who could not be moved yet, and why. */
  readonly troubles = new Map<string, string>();
  readonly #parts: RoundsParts;
  /** Of those for whom it was too short. */
  readonly #pauseLimitsMs = new Map<string, number>();
  #run: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(parts: RoundsParts) {
    this.#parts = parts;
  }

  /** Nothing where they are under way. */
  begin(order: Order, side: PoolSide): void {
    if (this.#run !== undefined) return;
    const stop = new AbortController();
    const run = { stop, done: this.#work(order, side, AbortSignal.any([stop.signal, this.#parts.ending])) };
    this.#run = run;
    void run.done.then(() => {
      if (this.#run === run) this.#run = undefined;
    });
  }

  /** Resolves when nobody is under way. */
  async halt(): Promise<void> {
    this.#run?.stop.abort(new Error('it is asked for something else'));
    await this.#run?.done;
    this.#run = undefined;
  }

  /** Never rejects. */
  async #work(order: Order, side: PoolSide, signal: AbortSignal): Promise<void> {
    const { clock, log, onDone } = this.#parts;
    while (!signal.aborted) {
      try {
        if (await this.#round(order, side, signal)) return await onDone(order, side);
      } catch (thrown) {
        if (!signal.aborted) log.error({ error: thrown }, 'Users are not moved now; it is tried again');
      }
      await sleep(clock, RETRY_MS, signal).catch(() => undefined);
    }
  }

  /** True when nobody is left. */
  async #round(order: Order, side: PoolSide, signal: AbortSignal): Promise<boolean> {
    const { roll, clock } = this.#parts;
    const left = await roll.left(order, side);
    this.moved = roll.arrived(order).length;
    this.users = this.moved + left.length;
    for (const user of this.troubles.keys()) if (!left.includes(user)) this.troubles.delete(user);
    if (left.length === 0) return true;
    const { store: pool, custody, homes } = side;
    const prepare = (user: string) => side.prepare(user);
    const parts: Omit<MoveParts, 'pauseLimitMs'> = { ...this.#parts, ...order, pool, custody, homes, prepare, signal };
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let user = left.shift(); user !== undefined && !signal.aborted; user = left.shift()) {
          const begunAt = clock.monotonic();
          await this.#move(order.direction, { ...parts, pauseLimitMs: this.#pauseLimitMs(user) }, user);
          const restMs = Math.min(clock.monotonic() - begunAt, LONGEST_REST_MS);
          await sleep(clock, restMs, signal).catch(() => undefined);
        }
      }),
    );
    return false;
  }

  async #move(direction: Order['direction'], parts: MoveParts, user: string): Promise<void> {
    const { log, signal } = parts;
    try {
      const moved = await (direction === 'join' ? moveOut : moveHome)(parts, user);
      this.#count(moved);
      this.troubles.delete(user);
      this.#pauseLimitsMs.delete(user);
      log.info({ user, direction, ...moved }, 'A user was handed over');
    } catch (thrown) {
      if (signal.aborted) return;
      this.troubles.set(user, reasonOf(thrown));
      if (thrown instanceof MigrationError && thrown.code === 'pause-too-long')
        this.#pauseLimitsMs.set(user, Math.min(2 * this.#pauseLimitMs(user), LONGEST_PAUSE_LIMIT_MS));
      log.warn({ user, error: thrown }, 'A user was not handed over');
    }
  }

  #pauseLimitMs(user: string): number {
    return this.#pauseLimitsMs.get(user) ?? FIRST_PAUSE_LIMIT_MS;
  }

  #count({ pauseMs, items }: Moved): void {
    this.moved += 1;
    this.items += items;
    this.longestPauseMs = Math.max(this.longestPauseMs, pauseMs);
  }
}
