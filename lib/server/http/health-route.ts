/** `/health`: the process lives. `/ready`: it may be sent requests; the sprayer asks this one. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { reasonOf } from '../../platform/index.ts';
import { answerText, type Route, type RouteContext } from './route.ts';

export class HealthRoute implements Route {
  readonly name = 'health';
  readonly isCounted = false;
  readonly #notReady: () => string | undefined;
  readonly #checkStore: () => Promise<void>;

  /** `notReady` says why no requests should come; `checkStore` throws if the store can't be read. */
  constructor(notReady: () => string | undefined, checkStore: () => Promise<void>) {
    this.#notReady = notReady;
    this.#checkStore = checkStore;
  }

  matches(path: string): boolean {
    return path === '/health' || path === '/ready';
  }

  async serve(_request: IncomingMessage, response: ServerResponse, { path }: RouteContext): Promise<void> {
    if (path === '/health') return answerText(response, 200, 'alive');
    const why = this.#notReady();
    if (why !== undefined) return answerText(response, 503, why);
    try {
      await this.#checkStore();
    } catch (thrown) {
      return answerText(response, 503, `the store cannot be read: ${reasonOf(thrown)}`);
    }
    answerText(response, 200, 'ready');
  }
}
