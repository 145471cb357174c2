/** `/health`: the process lives. `/ready`: it may be sent requests; the sprayer asks this one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, reasonOf } from '../../platform/index.ts';
import { answerText, type Route, type RouteContext } from './route.ts';

/** Anybody may ask, as often as they like: the store is not asked each time. */
const CHECK_KEPT_MS = 1_000;

export interface HealthParts {
  /** Says why no requests should come. */
  readonly notReady: () => string | undefined;
  /** Throws if the store can't be read. */
  readonly checkStore: () => Promise<void>;
  readonly clock: Clock;
}

export class HealthRoute implements Route {
  readonly name = 'health';
  readonly isCounted = false;
  readonly #parts: HealthParts;
  /** Under way, or of a moment ago; why the store can't be read. */
  #checked: Promise<string | undefined> | undefined;
  #checkedAt = Number.POSITIVE_INFINITY;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  matches(path: string): boolean {
    return path === '/health' || path === '/ready';
  }

  async serve(_request: IncomingMessage, response: ServerResponse, { path }: RouteContext): Promise<void> {
    if (path === '/health') return answerText(response, 200, 'alive');
    const why = this.#parts.notReady() ?? (await this.#unreadable());
    if (why !== undefined) return answerText(response, 503, why);
    answerText(response, 200, 'ready');
  }

  #unreadable(): Promise<string | undefined> {
    if (this.#checked && this.#parts.clock.monotonic() - this.#checkedAt < CHECK_KEPT_MS) return this.#checked;
    this.#checkedAt = Number.POSITIVE_INFINITY;
    this.#checked = this.#check().finally(() => {
      this.#checkedAt = this.#parts.clock.monotonic();
    });
    return this.#checked;
  }

  async #check(): Promise<string | undefined> {
    try {
      await this.#parts.checkStore();
      return undefined;
    } catch (thrown) {
      return `the store cannot be read: ${reasonOf(thrown)}`;
    }
  }
}
