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
import type { Outbox } from '../../outbox/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { UserSync } from '../../sync/index.ts';
import type { Owner } from '../owner.ts';
import { replyOf } from './reply.ts';
import type { Road, RoadCompletion, RoadRequest, RoadResult } from './road.ts';

export interface OwnerRoadParts {
  readonly owner: Owner;
  readonly policies: Policies;
  readonly outbox: Outbox;
  readonly limits: CommandLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class OwnerRoad implements Road {
  readonly #parts: OwnerRoadParts;
  /** Whose waiting room a ticket is of. */
  readonly #tickets = new Map<string, UserSync>();

  constructor(parts: OwnerRoadParts) {
    this.#parts = parts;
  }

  async execute(request: RoadRequest): Promise<RoadResult> {
    const { owner, policies, outbox, limits, clock, random, log } = this.#parts;
    const { line, account, body, requestId } = request;
    const isMime = request.contentType.toLowerCase().startsWith(MAIL_CONTENT_TYPE);
    const document = body.length === 0 || isMime ? undefined : readWbxml(body);
    const user = await owner.serve(account, request.credentials);
    const { command, version, parameters, deviceType, policyKey } = line;
    const { userAgent, again } = request;
    const result: CommandResult = await dispatch(
      { command, version, parameters, deviceType, userAgent, policyKey, document, body, again },
      {
        user,
        device: user.device(line.deviceId),
        policies,
        outbox,
        limits,
        clock,
        random,
        log: log.child({ requestId, user: account.user, device: line.deviceId, command }),
      },
    );
    if (result.kind !== 'wait') return replyOf(result);
    this.#tickets.set(result.ticket, user);
    const waitMs = Math.max(0, result.deadline - clock.monotonic());
    return { kind: 'wait', ticket: result.ticket, waitMs, atDeadline: replyOf(result.answerAtDeadline) };
  }

  closeTicket(ticket: string): void {
    this.#tickets.get(ticket)?.waiting.close(ticket);
    this.#tickets.delete(ticket);
  }

  onCompletion(listener: (ticket: string, completion: RoadCompletion) => void): void {
    this.#parts.owner.onCompletion((ticket, completion) => {
      this.#tickets.delete(ticket);
      listener(ticket, completion.kind === 'again' ? completion : replyOf(completion.answer as Answer));
    });
  }
}
