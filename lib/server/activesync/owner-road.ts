/** The road's end at the server that owns the user: opens the user's mailbox, decodes the body, runs the command. */
import {
  type Answer,
  type CommandLimits,
  type CommandResult,
  dispatch,
  MAIL_CONTENT_TYPE,
  type Policies,
  readWbxml,
} from '../../activesync/index.ts';
import { carryOut, type DeviceOrder } from '../../administration/index.ts';
import type { CertificateCheck, Directory } from '../../backends/index.ts';
import type { Outbox } from '../../outbox/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { Lease } from '../../pool/index.ts';
import type { Completion, UserSync } from '../../sync/index.ts';
import type { Owner } from '../owner.ts';
import { replyOf } from './reply.ts';
import { type RoadCompletion, type RoadRequest, type RoadResult, toldOf } from './road.ts';
import { type Pressure, shed } from './shedding.ts';

export interface OwnerRoadParts {
  readonly owner: Owner;
  readonly policies: Policies;
  readonly outbox: Outbox;
  readonly directory?: Directory | undefined;
  readonly certificates?: CertificateCheck | undefined;
  readonly limits: CommandLimits;
  readonly pressure: () => Pressure;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Where a waiting device's response is parked: this server's own door, or another server's. */
export interface Front {
  complete(ticket: string, completion: RoadCompletion): void;
}

interface Ticket {
  readonly user: string;
  readonly waiting: UserSync['waiting'];
  readonly front: Front;
}

export class OwnerRoad {
  readonly #parts: OwnerRoadParts;
  readonly #tickets = new Map<string, Ticket>();
  /** Completed before the command that opened them came back. */
  readonly #early = new Map<string, Completion>();
  /** Commands that run now, by user. */
  readonly #running = new Map<string, Set<Promise<unknown>>>();

  constructor(parts: OwnerRoadParts) {
    this.#parts = parts;
    parts.owner.onCompletion((ticket, completion) => this.#completed(ticket, completion));
  }

  /** Devices that wait for news of this server's users. */
  get ticketCount(): number {
    return this.#tickets.size;
  }

  /**
   * `signal`: nobody needs the answer any more. Throws its reason, and what the door turns into an HTTP status:
   * WbxmlError, BackendError, StoreError, ServerError('hung-up').
   */
  async execute(request: RoadRequest, lease: Lease, front: Front, signal?: AbortSignal): Promise<RoadResult> {
    return this.#counted(lease.user, this.#execute(request, lease, front, signal));
  }

  /** What people in charge want done, whether a device has signed in or not. Throws as `carryOut` does. */
  async order(order: DeviceOrder, lease: Lease): Promise<void> {
    const { owner } = this.#parts;
    // Whoever comes next finds nothing in memory, and compares everything.
    if (order.kind === 'rescan' && !owner.isServed(lease.user)) return;
    await this.#counted(
      lease.user,
      owner.withRecords(lease, (user) => carryOut(user, order)),
    );
  }

  /** Nobody waits for the ticket any more. */
  closeTicket(ticket: string): void {
    this.#tickets.get(ticket)?.waiting.close(ticket);
    this.#tickets.delete(ticket);
  }

  /** Resolves when the user's commands that run now are done. */
  async finish(user: string): Promise<void> {
    await Promise.allSettled(this.#running.get(user) ?? new Set<Promise<unknown>>());
  }

  /** The user is another server's: its waiting devices are to wait there. */
  async lose(user: string): Promise<void> {
    for (const [id, ticket] of this.#tickets) {
      if (ticket.user !== user) continue;
      this.closeTicket(id);
      ticket.front.complete(id, { kind: 'lost' });
    }
    await this.#parts.owner.letGo(user);
  }

  /** `finish` waits for it. */
  async #counted<T>(user: string, running: Promise<T>): Promise<T> {
    const all = this.#running.get(user) ?? new Set();
    this.#running.set(user, all.add(running));
    try {
      return await running;
    } finally {
      all.delete(running);
      if (all.size === 0) this.#running.delete(user);
    }
  }

  async #execute(
    request: RoadRequest,
    lease: Lease,
    front: Front,
    signal: AbortSignal | undefined,
  ): Promise<RoadResult> {
    const { owner, policies, outbox, directory, certificates, limits, clock, random, log } = this.#parts;
    const { line, account, body } = request;
    const isMime = request.contentType.toLowerCase().startsWith(MAIL_CONTENT_TYPE);
    const document = body.length === 0 || isMime ? undefined : readWbxml(body);
    // A device that has waited is answered, whatever there is to do.
    if (!request.again) shed(line.command, document, this.#parts.pressure());
    const user = await owner.serve(account, request.credentials, lease);
    const { command, version, parameters, deviceType, policyKey } = line;
    const { userAgent, again } = request;
    const result: CommandResult = await dispatch(
      { command, version, parameters, deviceType, userAgent, policyKey, document, body, again },
      {
        user,
        device: user.device(line.deviceId),
        policies,
        outbox,
        directory,
        certificates,
        limits,
        signal,
        clock,
        random,
        log: log.child(toldOf(request)),
      },
    );
    if (result.kind !== 'wait') return replyOf(result);
    const early = this.#early.get(result.ticket);
    if (early) {
      this.#early.delete(result.ticket);
      return early.kind === 'again'
        ? this.#execute({ ...request, again: true }, lease, front, signal)
        : replyOf(early.answer as Answer);
    }
    this.#tickets.set(result.ticket, { user: lease.user, waiting: user.waiting, front });
    const waitMs = Math.max(0, result.deadline - clock.monotonic());
    return { kind: 'wait', ticket: result.ticket, waitMs, atDeadline: replyOf(result.answerAtDeadline) };
  }

  #completed(id: string, completion: Completion): void {
    const ticket = this.#tickets.get(id);
    if (ticket === undefined) {
      this.#early.set(id, completion);
      return;
    }
    this.#tickets.delete(id);
    ticket.front.complete(id, completion.kind === 'again' ? completion : replyOf(completion.answer as Answer));
  }
}
