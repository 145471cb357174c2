/**
 * A connection from a front to an owner in the simulated world, in the place of HTTP/2 (lib/server/peer/peer-link.ts): what is
 * sent while the two are parted comes when they are joined again, unless the pings have given the connection up by then; a
 * process that dies resets it, a frozen one says nothing.
 */
import type { DeviceOrder } from '../../../lib/administration/index.ts';
import { LinkError, type PeerLinkOptions } from '../../../lib/server/peer/peer-link.ts';
import type { PeerService } from '../../../lib/server/peer/peer-listener.ts';
import type { Addressed, Given, OrderResult, PeerResult } from '../../../lib/server/peer/peer-messages.ts';
import type { Link } from '../../../lib/server/peer/peers.ts';
import type { RoadCompletion, RoadRequest } from '../../../lib/server/activesync/road.ts';
import type { Scheduler } from '../support/scheduler.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { SimulatedNetwork } from '../support/simulated-network.ts';
import type { SimulatedProcess } from '../support/simulated-process.ts';

/** The other end of a connection. */
export interface LinkTarget {
  readonly process: SimulatedProcess;
  readonly session: string;
  readonly service: PeerService;
}

export interface LinkWorld {
  readonly scheduler: Scheduler;
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  /** Whoever listens at the address, or did last. */
  targetAt(address: string): LinkTarget | undefined;
  readonly links: Set<SimulatedLink>;
}

const LATENCY_MS = [0.2, 3] as const;
const RESEND_MS = 200;
const CONNECT_LIMIT_MS = 2_000;
const ALIVE_EVERY_MS = 2_000;
const ALIVE_LIMIT_MS = 4_000;

interface Pending {
  readonly reject: (cause: LinkError) => void;
}

export class SimulatedLink implements Link {
  readonly #world: LinkWorld;
  readonly #front: SimulatedProcess;
  readonly #options: PeerLinkOptions;
  readonly #target: LinkTarget | undefined;
  readonly #opened: Promise<void>;
  readonly #end = Promise.withResolvers<void>();
  readonly #pending = new Set<Pending>();
  readonly #tickets = new Set<string>();
  readonly #early = new Set<string>();
  /** What the owner knows of this connection. */
  readonly #there = { tickets: new Set<string>(), isGone: false };
  #running = 0;
  #isOpen = false;
  #hasEnded = false;

  constructor(world: LinkWorld, front: SimulatedProcess, options: PeerLinkOptions) {
    this.#world = world;
    this.#front = front;
    this.#options = options;
    this.#target = world.targetAt(options.address);
    world.links.add(this);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#opened = promise;
    this.#opened.catch(() => undefined);
    const limit = options.clock.after(CONNECT_LIMIT_MS, () => {
      if (!this.#isOpen) this.#over('no connection in time');
    });
    void this.#end.promise.then(() => {
      limit.cancel();
      reject(new LinkError('refused', new Error('the connection ended')));
    });
    this.#toOwner(
      (target) => {
        const { session } = target;
        this.#toFront(() => {
          if (session !== options.session) return this.#over('somebody else is there', { isSucceeded: true });
          this.#isOpen = true;
          limit.cancel();
          this.#keepAlive();
          resolve();
        });
      },
      () => this.#over('connection refused', { isRefused: true }),
    );
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ready(): Promise<void> {
    return this.#opened;
  }

  async execute(request: RoadRequest, to: Addressed): Promise<PeerResult> {
    this.#running += 1;
    try {
      const result = await this.#call((target) => this.#executeThere(target, request, to));
      if (result.kind === 'wait' && !this.#early.delete(result.ticket)) this.#tickets.add(result.ticket);
      return result;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#early.clear();
    }
  }

  order(user: string, order: DeviceOrder, to: Addressed): Promise<OrderResult> {
    return this.#call((target) => target.service.order(user, order, to));
  }

  tell(given: Given): Promise<void> {
    return this.#call((target) => target.service.given(given));
  }

  waitingDevices(user: string): Promise<ReadonlySet<string> | undefined> {
    return this.#call(async (target) => target.service.waitingDevices(user));
  }

  isWaiting(ticket: string): boolean {
    return this.#tickets.has(ticket);
  }

  closeTicket(ticket: string): void {
    if (!this.#tickets.delete(ticket) || this.#hasEnded) return;
    this.#toOwner((target) => {
      this.#there.tickets.delete(ticket);
      target.service.closeTicket(ticket);
    });
  }

  close(): void {
    this.#over('closed');
  }

  /** A process has died: its end of the connection is reset. */
  reset(process: SimulatedProcess): void {
    if (process === this.#front) this.#closeThere();
    else if (process === this.#target?.process) this.#toFront(() => this.#over('reset'));
  }

  async #executeThere({ service }: LinkTarget, request: RoadRequest, to: Addressed): Promise<PeerResult> {
    const complete = (ticket: string, completion: RoadCompletion) => {
      this.#there.tickets.delete(ticket);
      this.#toFront(() => this.#complete(ticket, completion));
    };
    const result = await service.execute(request, to, { complete }, new AbortController().signal);
    if (result.kind === 'wait') {
      if (this.#there.isGone) service.closeTicket(result.ticket);
      else this.#there.tickets.add(result.ticket);
    }
    return result;
  }

  #complete(ticket: string, completion: RoadCompletion): void {
    const isKnown = this.#tickets.delete(ticket);
    if (!isKnown && this.#running === 0) return;
    if (!isKnown) this.#early.add(ticket);
    this.#options.onCompletion(ticket, completion);
  }

  async #call<T>(there: (target: LinkTarget) => Promise<T>): Promise<T> {
    await this.#opened;
    if (this.#hasEnded) throw new LinkError('broken', new Error('the connection ended'));
    return new Promise<T>((resolve, reject) => {
      const pending: Pending = { reject };
      this.#pending.add(pending);
      this.#toOwner((target) => {
        void there(target).then(
          (value) =>
            this.#toFront(() => {
              if (this.#pending.delete(pending)) resolve(value);
            }),
          (cause: unknown) =>
            this.#toFront(() => {
              if (this.#pending.delete(pending)) reject(new LinkError('broken', cause));
            }),
        );
      });
    });
  }

  #keepAlive(): void {
    if (this.#hasEnded) return;
    const { clock } = this.#options;
    const limit = clock.after(ALIVE_LIMIT_MS, () => this.#over('the owner does not answer pings'));
    this.#toOwner(() =>
      this.#toFront(() => {
        limit.cancel();
        clock.after(ALIVE_EVERY_MS, () => this.#keepAlive());
      }),
    );
  }

  #over(why: string, { isRefused = false, isSucceeded = false } = {}): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#end.resolve();
    for (const { reject } of this.#pending) reject(new LinkError('broken', new Error(why)));
    this.#pending.clear();
    this.#closeThere();
    this.#options.onEnd({ tickets: [...this.#tickets], wasOpen: this.#isOpen, isRefused, isSucceeded });
    this.#tickets.clear();
  }

  #closeThere(): void {
    this.#world.links.delete(this);
    const target = this.#target;
    if (target === undefined) return;
    this.#travel(() => {
      target.process.deliver(() => {
        this.#there.isGone = true;
        for (const ticket of this.#there.tickets) target.service.closeTicket(ticket);
        this.#there.tickets.clear();
      });
    });
  }

  #toOwner(arrive: (target: LinkTarget) => void, refused?: () => void): void {
    const target = this.#target;
    this.#travel(() => {
      if (target && !target.process.isDead) target.process.deliver(() => arrive(target));
      else if (refused) this.#toFront(refused);
    });
  }

  #toFront(arrive: () => void): void {
    this.#travel(() => {
      this.#front.deliver(() => {
        if (!this.#hasEnded) arrive();
      });
    });
  }

  #travel(arrive: () => void): void {
    const { scheduler, random, network } = this.#world;
    const there = this.#target?.process.name;
    scheduler.after(random.between(...LATENCY_MS), () => {
      if (there === undefined || !network.isParted(this.#front.name, there)) return arrive();
      if (this.#front.isDead) return;
      scheduler.after(RESEND_MS, () => this.#travel(arrive));
    });
  }
}
