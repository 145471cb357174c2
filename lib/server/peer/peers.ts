/** The other servers of the pool as this one reaches them: a link each, made at the first need, made anew after it broke. */
import type { DeviceOrder } from '../../administration/index.ts';
import { CaravanError, type Clock, type Log } from '../../platform/index.ts';
import type { Done } from '../activesync/routed-road.ts';
import type { RoadCompletion, RoadRequest } from '../activesync/road.ts';
import { isOtherKey } from './admission.ts';
import { type LinkEnd, LinkError, PeerLink, type PeerLinkOptions } from './peer-link.ts';
import type { Given, Moved, PeerResult } from './peer-messages.ts';
import type { PoolKeys } from './pool-key.ts';

export interface Peer {
  readonly session: string;
  /** `host:port` */
  readonly address: string;
}

export type Link = Pick<
  PeerLink,
  'hasEnded' | 'execute' | 'order' | 'tell' | 'waitingDevices' | 'isWaiting' | 'closeTicket' | 'ready' | 'close'
>;

export interface PeersOptions {
  readonly keys: PoolKeys;
  readonly answerLimitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onCompletion: (ticket: string, completion: RoadCompletion) => void;
  /** Its devices must wait elsewhere. */
  readonly onLost: (ticket: string) => void;
  /**
   * `gone`: an authenticated connection broke and another is refused. `no-answer`: refused, or another session is there.
   * Of one that says nothing nobody is told: it may be frozen, and act on until its own deadline.
   */
  readonly onSuspect: (session: string, suspicion: 'no-answer' | 'gone') => void;
  /** Default: a connection of HTTP/2. */
  readonly open?: (options: PeerLinkOptions) => Link;
}

export class Peers {
  readonly #options: PeersOptions;
  readonly #links = new Map<string, Link>();
  /** Which link a ticket came over. */
  readonly #tickets = new Map<string, Link>();
  /** Sessions to which an open connection broke, and none was made since. */
  readonly #broken = new Set<string>();
  #isClosed = false;

  constructor(options: PeersOptions) {
    this.#options = options;
  }

  /** Throws LinkError. */
  async execute(peer: Peer, epoch: number, request: RoadRequest, signal?: AbortSignal): Promise<PeerResult> {
    const link = this.#link(peer);
    const result = await link.execute(request, { session: peer.session, epoch }, signal);
    if (result.kind !== 'wait') return result;
    const ticket = ticketOf(peer, result.ticket);
    if (link.hasEnded) throw new LinkError('broken', new Error('it ended while the device began to wait'));
    if (link.isWaiting(result.ticket)) this.#tickets.set(ticket, link);
    return { ...result, ticket };
  }

  /** Throws LinkError, and what the order threw there, under its code. */
  async order(peer: Peer, epoch: number, user: string, order: DeviceOrder): Promise<Done | Moved> {
    const result = await this.#link(peer).order(user, order, { session: peer.session, epoch });
    if (result.kind !== 'failed') return result;
    const { code, what, remedy } = result;
    throw new CaravanError({ code, what, ...(remedy !== undefined && { remedy }) });
  }

  closeTicket(ticket: string): boolean {
    const link = this.#tickets.get(ticket);
    if (link === undefined) return false;
    this.#tickets.delete(ticket);
    link.closeTicket(ticket.slice(ticket.indexOf('/') + 1));
    return true;
  }

  tell(peer: Peer, given: Given): Promise<void> {
    return this.#link(peer).tell(given);
  }

  /** Throws LinkError. */
  waitingDevices(peer: Peer, user: string): Promise<ReadonlySet<string> | undefined> {
    return this.#link(peer).waitingDevices(user);
  }

  /** True if it has a key of ours, false if it has not; undefined where nobody answers. */
  async hasOurKey(peer: Peer): Promise<boolean | undefined> {
    const { keys, answerLimitBytes, clock, log } = this.#options;
    const nothing = () => {};
    const link = this.#open({ ...peer, keys, answerLimitBytes, clock, log, onCompletion: nothing, onEnd: nothing });
    try {
      await link.ready();
      return true;
    } catch (thrown) {
      // Another session at the address has proven it too.
      return isOtherKey(thrown) ? false : undefined;
    } finally {
      link.close();
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const link of this.#links.values()) link.close();
  }

  #open(options: PeerLinkOptions): Link {
    return this.#options.open?.(options) ?? new PeerLink(options);
  }

  #link(peer: Peer): Link {
    const { keys, answerLimitBytes, clock, log, onCompletion } = this.#options;
    const known = this.#links.get(peer.session);
    if (known && !known.hasEnded) return known;
    const link: Link = this.#open({
      session: peer.session,
      address: peer.address,
      keys,
      answerLimitBytes,
      clock,
      log,
      onCompletion: (ticket, completion) => {
        const ours = ticketOf(peer, ticket);
        this.#tickets.delete(ours);
        onCompletion(ours, completion);
      },
      onEnd: (end) => this.#ended(peer, link, end),
    });
    this.#links.set(peer.session, link);
    void link.ready().then(
      () => this.#broken.delete(peer.session),
      () => undefined,
    );
    return link;
  }

  #ended(peer: Peer, link: Link, { tickets, wasOpen, isRefused, isSucceeded }: LinkEnd): void {
    const isCurrent = this.#links.get(peer.session) === link;
    if (isCurrent) this.#links.delete(peer.session);
    if (wasOpen && !this.#isClosed) {
      this.#broken.add(peer.session);
      this.#probe(peer);
    } else this.#suspect(peer, isRefused, isSucceeded);
    for (const ticket of tickets) {
      this.#tickets.delete(ticketOf(peer, ticket));
      if (!this.#isClosed) this.#options.onLost(ticketOf(peer, ticket));
    }
  }

  /** An open connection broke: if the address takes no other, the process is gone; a listener lives as long as its process. */
  #probe(peer: Peer): void {
    const { keys, answerLimitBytes, clock, log } = this.#options;
    let isOver = false;
    const probe = this.#open({
      session: peer.session,
      address: peer.address,
      keys,
      answerLimitBytes,
      clock,
      log,
      onCompletion: () => {},
      onEnd: ({ isRefused, isSucceeded }) => {
        if (isOver) return;
        isOver = true;
        this.#suspect(peer, isRefused, isSucceeded);
      },
    });
    void probe.ready().then(
      () => {
        isOver = true;
        this.#broken.delete(peer.session);
        probe.close();
      },
      () => undefined,
    );
  }

  /**
   * The first to try after a death may meet the last breath of the listener, which is a reset and tells nothing; whoever is
   * refused after that knows.
   */
  #suspect({ session }: Peer, isRefused: boolean, isSucceeded: boolean): void {
    if (this.#isClosed || !(isRefused || isSucceeded)) return;
    const isGone = isRefused && this.#broken.delete(session);
    this.#options.onSuspect(session, isGone ? 'gone' : 'no-answer');
  }
}

/** Tickets are unique within a server's session only. */
const ticketOf = (peer: Peer, ticket: string): string => `${peer.session}/${ticket}`;
