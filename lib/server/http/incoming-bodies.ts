/**
 * The bodies that are on their way in. One that comes slowly holds a place among the requests that are worked on at once
 * (`limits.maxConcurrentRequests`): no user and no address has more than a share of those places by it.
 */
import type { IncomingMessage } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { ServerError } from '../errors.ts';
import { readBody } from './body.ts';
import { networkOf } from './network-of.ts';

export interface Sender {
  readonly user: string;
  /** The client's. */
  readonly address: string;
}

const USER_SHARE = 1 / 20;
/** Offices and carriers share an address. */
const NETWORK_SHARE = 1 / 4;
/** Of a small server: a phone sends four requests at once, and a user has several. */
const LEAST_FOR_USER = 8;
const LEAST_FOR_NETWORK = 16;

export class IncomingBodies {
  readonly #mostOfUser: number;
  readonly #mostOfNetwork: number;
  readonly #counts = new Map<string, number>();

  constructor(maxConcurrentRequests: number) {
    this.#mostOfUser = Math.max(LEAST_FOR_USER, Math.floor(maxConcurrentRequests * USER_SHARE));
    this.#mostOfNetwork = Math.max(LEAST_FOR_NETWORK, Math.floor(maxConcurrentRequests * NETWORK_SHARE));
  }

  /** Throws ServerError('busy') where the sender has its share on the way already, and what `readBody` does. */
  async read(request: IncomingMessage, limitBytes: number, { user, address }: Sender): Promise<Buffer> {
    const [ofUser, ofNetwork] = [`user ${user}`, `network ${networkOf(address)}`];
    const whose = () =>
      this.#count(ofUser) >= this.#mostOfUser
        ? user
        : this.#count(ofNetwork) >= this.#mostOfNetwork
          ? address
          : undefined;
    if (whose() !== undefined) {
      // Most came whole with their header, and hold nothing up however many come at once.
      await setImmediate();
      const still = whose();
      if (still !== undefined && !request.complete) throw busy(still);
    }
    this.#add(ofUser, 1);
    this.#add(ofNetwork, 1);
    try {
      return await readBody(request, limitBytes);
    } finally {
      this.#add(ofUser, -1);
      this.#add(ofNetwork, -1);
    }
  }

  #count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #add(key: string, more: number): void {
    const count = this.#count(key) + more;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}

const busy = (whose: string): ServerError =>
  new ServerError('busy', 'As many request bodies of one sender as are allowed have not all come yet', { why: whose });
