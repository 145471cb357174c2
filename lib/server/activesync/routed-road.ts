/**
 * The road in a pool: finds the user's owner and goes there, over to another server if need be (ownership.md, "Routing").
 * What may be sent again is, when an owner dies; the device notices nothing.
 */
import type { CommandName } from '../../activesync/index.ts';
import type { DeviceOrder } from '../../administration/index.ts';
import { type Clock, type Log, reasonOf, sleep, type Tracer } from '../../platform/index.ts';
import type { Lease, Location, Member, StaleAnswer } from '../../pool/index.ts';
import { hungUp, ServerError } from '../errors.ts';
import { LinkError } from '../peer/peer-link.ts';
import type { Moved, PeerResult } from '../peer/peer-messages.ts';
import type { Peer } from '../peer/peers.ts';
import { type Road, type RoadCompletion, type RoadRequest, type RoadResult, toldOf } from './road.ts';

/** What was ordered was done. */
export interface Done {
  readonly kind: 'done';
}

/** What is to be done at a user's owner, wherever that is. */
interface Errand<Result> {
  readonly user: string;
  /** For the log. */
  readonly told: object;
  /** Run twice it does what it does once. */
  readonly isRepeatable: boolean;
  /** Nobody waits for it any more. */
  readonly signal?: AbortSignal | undefined;
  mine(lease: Lease): Promise<Result>;
  theirs(owner: Peer, epoch: number): Promise<Result | Moved>;
}

/** The owner's end of the road, in this very server. */
export interface LocalRoad {
  execute(request: RoadRequest, lease: Lease, signal?: AbortSignal): Promise<RoadResult>;
  order(order: DeviceOrder, lease: Lease): Promise<void>;
  closeTicket(ticket: string): void;
}

/** The way to the owners in other servers. */
export interface PeerRoad {
  /** Throws LinkError. */
  execute(peer: Peer, epoch: number, request: RoadRequest, signal?: AbortSignal): Promise<PeerResult>;
  /** Throws LinkError, and what the order threw there. */
  order(peer: Peer, epoch: number, user: string, order: DeviceOrder): Promise<Done | Moved>;
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
  execute(request: RoadRequest, signal?: AbortSignal): Promise<RoadResult> {
    const { local, onProxied } = this.#parts;
    return this.#run<RoadResult>({
      user: request.account.user,
      told: toldOf(request),
      isRepeatable: REPEATABLE.has(request.line.command),
      signal,
      mine: (lease) => local.execute(request, lease, signal),
      theirs: async (owner, epoch) => {
        const result = await this.#passOn(request, owner, epoch, signal);
        if (result.kind !== 'moved') onProxied?.();
        return result;
      },
    });
  }

  /** Carried out by the user's owner. Throws as `execute` does. */
  async order(user: string, order: DeviceOrder): Promise<void> {
    const { local, peers } = this.#parts;
    await this.#run<Done>({
      user,
      told: { user, order: order.kind },
      isRepeatable: false,
      mine: async (lease) => {
        await local.order(order, lease);
        return { kind: 'done' };
      },
      theirs: (owner, epoch) => peers.order(owner, epoch, user, order),
    });
  }

  async #run<Result extends { readonly kind: string }>(errand: Errand<Result>): Promise<Result> {
    const { member, clock, log } = this.#parts;
    const { user, signal } = errand;
    const patientUntil = clock.monotonic() + PATIENCE_MS;
    let stale: StaleAnswer | undefined;
    let mayBeTold = true;
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      const location = await member.locate(user, stale);
      const outcome = await this.#try(errand, location);
      if (outcome.kind === 'done') return outcome.result;
      if (outcome.kind === 'stale') stale = mayBeTold ? outcome.stale : { ...outcome.stale, told: undefined };
      if (signal?.aborted) throw hungUp();
      if (stale?.told && mayBeTold) {
        mayBeTold = false;
        continue;
      }
      log.debug({ ...errand.told, why: outcome.why, pauseMs }, 'A request looks for its user again');
      if (clock.monotonic() + pauseMs > patientUntil) throw noOwner(user, outcome.why);
      await sleep(clock, pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #try<Result extends { readonly kind: string }>(
    errand: Errand<Result>,
    location: Location,
  ): Promise<Outcome<Result>> {
    if (location.kind === 'nowhere') return { kind: 'again', why: location.why };
    if (location.kind === 'away') throw movedHome(errand.user);
    if (location.kind === 'mine') return { kind: 'done', result: await errand.mine(location.lease) };
    const { session, epoch } = location;
    const stale = { session, epoch };
    try {
      const result = await errand.theirs(location, epoch);
      if (!isMoved(result)) return { kind: 'done', result };
      return { kind: 'stale', stale: { ...stale, told: result.owner }, why: 'the user moves from server to server' };
    } catch (thrown) {
      if (!(thrown instanceof LinkError)) throw thrown;
      if (errand.signal?.aborted) throw hungUp(thrown);
      const { message: reason } = thrown;
      this.#parts.log.info({ ...errand.told, owner: session, reason }, "A user's owner gave no answer");
      if (thrown.kind === 'broken' && !errand.isRepeatable) {
        throw new ServerError('owner-lost', 'The server of the user broke off', {
          why: reasonOf(thrown),
          remedy: 'Look whether it was done, and try again.',
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

const isMoved = (result: { readonly kind: string }): result is Moved => result.kind === 'moved';

type Outcome<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'again'; readonly why: string }
  | { readonly kind: 'stale'; readonly stale: StaleAnswer; readonly why: string };

const movedHome = (user: string): ServerError =>
  new ServerError('moved-home', `${user} is at home in another pool`, { remedy: 'The door sends the device there.' });

const noOwner = (user: string, why: string): ServerError =>
  new ServerError('no-owner', `Nobody serves ${user} now`, { why, remedy: 'The device tries again by itself.' });
