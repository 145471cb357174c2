/**
 * The road in a pool: finds the user's owner and goes there, over to another server if need be (ownership.md, "Routing").
 * What may be sent again is, when an owner dies; the device notices nothing.
 */
import type { CommandName } from '../../activesync/index.ts';
import { type Clock, type Log, reasonOf, sleep, type Tracer } from '../../platform/index.ts';
import type { Lease, Location, Member, StaleAnswer } from '../../pool/index.ts';
import { hungUp, ServerError } from '../errors.ts';
import { LinkError } from '../peer/peer-link.ts';
import type { PeerResult } from '../peer/peer-messages.ts';
import type { Peer } from '../peer/peers.ts';
import { type Road, type RoadCompletion, type RoadRequest, type RoadResult, toldOf } from './road.ts';

/** The owner's end of the road, in this very server. */
export interface LocalRoad {
  execute(request: RoadRequest, lease: Lease, signal?: AbortSignal): Promise<RoadResult>;
  closeTicket(ticket: string): void;
}

/** The way to the owners in other servers. */
export interface PeerRoad {
  /** Throws LinkError. */
  execute(peer: Peer, epoch: number, request: RoadRequest, signal?: AbortSignal): Promise<PeerResult>;
  /** False if the ticket is not of another server. */
  closeTicket(ticket: string): boolean;
}

export interface RoutedRoadParts {
  readonly member: Member;
  readonly peers: PeerRoad;
  readonly local: LocalRoad;
  /** Where requests are traced. */
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of every request that another server answers. */
  readonly onProxied?: () => void;
}

/** A request is not tried for longer: the device has a proper 503 instead, and comes back. */
const PATIENCE_MS = 20_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Run twice they do what they do once: they change nothing of the user's, or the sync key, the intent record of a send, or
 * the state that is asked for makes the second one a repetition.
 */
const REPEATABLE: ReadonlySet<CommandName> = new Set<CommandName>([
  'Ping',
  'Sync',
  'FolderSync',
  'GetItemEstimate',
  'SendMail',
  'SmartReply',
  'SmartForward',
  'Search',
  'Find',
  'GetAttachment',
  'ResolveRecipients',
  'ValidateCert',
]);

export class RoutedRoad implements Road {
  readonly #parts: RoutedRoadParts;
  #onCompletion: (ticket: string, completion: RoadCompletion) => void = () => {};

  constructor(parts: RoutedRoadParts) {
    this.#parts = parts;
  }

  onCompletion(listener: (ticket: string, completion: RoadCompletion) => void): void {
    this.#onCompletion = listener;
  }

  /** A ticket ended: of this server's own users, or of others' over a link. */
  complete(ticket: string, completion: RoadCompletion): void {
    this.#onCompletion(ticket, completion);
  }

  closeTicket(ticket: string): void {
    if (!this.#parts.peers.closeTicket(ticket)) this.#parts.local.closeTicket(ticket);
  }

  /** Throws ServerError 'no-owner' and 'owner-lost', and what the owner's own end throws. */
  async execute(request: RoadRequest, signal?: AbortSignal): Promise<RoadResult> {
    const { member, clock, log } = this.#parts;
    const { user } = request.account;
    const patientUntil = clock.monotonic() + PATIENCE_MS;
    let stale: StaleAnswer | undefined;
    let mayBeTold = true;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const location = await member.locate(user, stale);
      const outcome = await this.#try(request, location, signal);
      if (outcome.kind === 'done') return outcome.result;
      if (outcome.kind === 'stale') stale = mayBeTold ? outcome.stale : { ...outcome.stale, told: undefined };
      if (signal?.aborted) throw hungUp();
      if (stale?.told && mayBeTold) {
        mayBeTold = false;
        continue;
      }
      log.debug({ ...toldOf(request), why: outcome.why, pauseMs }, 'A request looks for its user again');
      if (clock.monotonic() + pauseMs > patientUntil) throw noOwner(user, outcome.why);
      await sleep(clock, pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #try(request: RoadRequest, location: Location, signal: AbortSignal | undefined): Promise<Outcome> {
    const { local, log, onProxied } = this.#parts;
    if (location.kind === 'nowhere') return { kind: 'again', why: location.why };
    if (location.kind === 'away') throw movedHome(request.account.user);
    if (location.kind === 'mine') return { kind: 'done', result: await local.execute(request, location.lease, signal) };
    const { session, epoch } = location;
    const stale = { session, epoch };
    try {
      const result = await this.#passOn(request, location, epoch, signal);
      if (result.kind === 'moved') {
        return { kind: 'stale', stale: { ...stale, told: result.owner }, why: 'the user moves from server to server' };
      }
      onProxied?.();
      return { kind: 'done', result };
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      if (signal?.aborted) throw hungUp(thrown);
      log.info({ ...toldOf(request), owner: session, reason: thrown.message }, "A user's owner gave no answer");
      if (thrown.kind === 'broken' && !REPEATABLE.has(request.line.command)) {
        throw new ServerError('owner-lost', 'The server of the user broke off', {
          why: reasonOf(thrown),
          cause: thrown,
        });
      }
      return { kind: 'stale', stale, why: 'the server of the user gives no answer' };
    }
  }

  async #passOn(
    request: RoadRequest,
    owner: Peer,
    epoch: number,
    signal: AbortSignal | undefined,
  ): Promise<PeerResult> {
    const { peers, tracer } = this.#parts;
    if (tracer === undefined) return peers.execute(owner, epoch, request, signal);
    return tracer.measure(`pass on ${request.line.command}`, 'client', (span) => {
      span?.set({ 'caravan.owner': owner.session });
      return peers.execute(owner, epoch, span ? { ...request, traceparent: span.traceparent } : request, signal);
    });
  }
}

type Outcome =
  | { readonly kind: 'done'; readonly result: RoadResult }
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'stale'; readonly stale: StaleAnswer; readonly why: string };

const movedHome = (user: string): ServerError =>
  new ServerError('moved-home', `${user} is at home in another pool`, { remedy: 'The door sends the device there.' });

const noOwner = (user: string, why: string): ServerError =>
  new ServerError('no-owner', `Nobody serves ${user} now`, { why, remedy: 'The device tries again by itself.' });
