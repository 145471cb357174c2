/**
 * The door of phones: authenticates, finds the user's side of the road, decodes the body, runs the command, and answers or
 * parks the device (architecture.md: door → document → command → sync → backend and store).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  type Answer,
  type CommandRequest,
  type CommandResult,
  dispatch,
  optionsHeaders,
  readRequestLine,
  readWbxml,
  type RequestLine,
  responseHeaders,
} from '../../activesync/index.ts';
import { BackendError } from '../../backends/index.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';
import type { UserSync } from '../../sync/index.ts';
import type { CommandLimits, Policies } from '../../activesync/index.ts';
import type { Outbox } from '../../outbox/index.ts';
import type { Authentication, Authenticator } from '../authentication/authenticator.ts';
import { CHALLENGE } from '../authentication/basic.ts';
import { readBody } from '../http/body.ts';
import { failureOf } from '../http/failure.ts';
import { answerText, type Route, type RouteContext } from '../http/route.ts';
import type { Owner } from '../owner.ts';
import { Parking } from '../parking.ts';
import { reply } from './reply.ts';
import { RequestRate } from './request-rate.ts';

export const ACTIVESYNC_PATH = '/microsoft-server-activesync';

export interface ActiveSyncParts {
  readonly authenticator: Authenticator;
  readonly owner: Owner;
  readonly policies: Policies;
  readonly outbox: Outbox;
  readonly limits: CommandLimits;
  readonly bodyLimitBytes: number;
  /** Of one device; 0: no bound. */
  readonly requestsPerMinute: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What is kept of a request for as long as its device waits. */
interface Exchange {
  readonly response: ServerResponse;
  readonly log: Log;
  readonly started: number;
  readonly acceptsGzip: boolean;
  readonly line: RequestLine;
  readonly user: UserSync;
  readonly request: CommandRequest;
}

export class ActiveSyncRoute implements Route {
  readonly name = 'activesync';
  readonly #parts: ActiveSyncParts;
  readonly #parking: Parking;
  readonly #rate: RequestRate;

  constructor(parts: ActiveSyncParts) {
    this.#parts = parts;
    this.#parking = new Parking(parts.clock);
    this.#rate = new RequestRate(parts.clock, parts.requestsPerMinute);
    parts.owner.onCompletion((ticket, completion) => this.#parking.complete(ticket, completion));
  }

  /** Devices whose requests are held now. */
  get waitingCount(): number {
    return this.#parking.size;
  }

  /** Answers every waiting device: the server is about to stop. */
  answerWaiting(): void {
    this.#parking.answerAll();
  }

  matches(path: string): boolean {
    return path === ACTIVESYNC_PATH || path.startsWith(`${ACTIVESYNC_PATH}/`);
  }

  async serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    const started = this.#parts.clock.monotonic();
    const log = this.#parts.log.child({ requestId: context.requestId });
    try {
      if (request.method === 'OPTIONS') return await this.#options(request, response, context);
      if (request.method !== 'POST') return answerText(response, 405, PEOPLE, { Allow: 'OPTIONS, POST' });
      const exchange = await this.#admit(request, response, context, log, started);
      if (exchange) await this.#run(exchange, exchange.request);
    } catch (thrown) {
      const failure = failureOf(thrown, this.#parts.random);
      log[failure.status >= 500 ? 'error' : 'info'](
        { status: failure.status, error: thrown, url: withoutQuery(request.url) },
        'A request failed',
      );
      reply(response, { kind: 'http', ...failure }, false);
    }
  }

  /** MS-ASHTTP 2.2.3: asked with or without a password; a wrong one is told. */
  async #options(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    if (request.headers.authorization !== undefined) {
      const who = await this.#parts.authenticator.check(request.headers.authorization, context.address);
      if (who.kind !== 'known') return refuse(response, who);
    }
    response.writeHead(200, { ...optionsHeaders(), 'Content-Length': 0 });
    response.end();
  }

  /** Everything up to a decoded request; undefined if it was answered already. */
  async #admit(
    request: IncomingMessage,
    response: ServerResponse,
    context: RouteContext,
    log: Log,
    started: number,
  ): Promise<Exchange | undefined> {
    const { authenticator, owner, bodyLimitBytes } = this.#parts;
    const who = await authenticator.check(request.headers.authorization, context.address);
    if (who.kind !== 'known') {
      refuse(response, who);
      return undefined;
    }
    const line = readRequestLine(request.url ?? '', request.headers);
    const retryAfterSeconds = this.#rate.take(`${who.account.user} ${line.deviceId}`);
    if (retryAfterSeconds > 0) {
      log.warn({ user: who.account.user, device: line.deviceId, retryAfterSeconds }, 'A device asks too often');
      reply(response, busy(retryAfterSeconds), false);
      return undefined;
    }
    const body = await readBody(request, bodyLimitBytes);
    const isMime = (request.headers['content-type'] ?? '').toLowerCase().startsWith('message/rfc822');
    const document = body.length === 0 || isMime ? undefined : readWbxml(body);
    const user = await this.#serveUser(owner, who);
    for (const [name, value] of Object.entries(responseHeaders(line.version))) response.setHeader(name, value);
    return {
      response,
      started,
      line,
      user,
      log: log.child({ user: who.account.user, device: line.deviceId, command: line.command, version: line.version }),
      acceptsGzip: /\bgzip\b/i.test(request.headers['accept-encoding'] ?? ''),
      request: {
        command: line.command,
        version: line.version,
        parameters: line.parameters,
        deviceType: line.deviceType,
        userAgent: request.headers['user-agent'],
        policyKey: line.policyKey,
        document,
        body,
        again: false,
      },
    };
  }

  async #serveUser(owner: Owner, who: Authentication & { kind: 'known' }): Promise<UserSync> {
    try {
      return await owner.serve(who.account, who.credentials);
    } catch (thrown) {
      if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') {
        this.#parts.authenticator.forget(who.credentials.userName);
      }
      throw thrown;
    }
  }

  async #run(exchange: Exchange, request: CommandRequest): Promise<void> {
    const { policies, outbox, limits, clock, random } = this.#parts;
    const { user, line, log } = exchange;
    const device = user.device(line.deviceId);
    const result: CommandResult = await dispatch(request, {
      user,
      device,
      policies,
      outbox,
      limits,
      clock,
      random,
      log,
    });
    if (result.kind !== 'wait') return this.#answer(exchange, result);
    if (exchange.response.destroyed) return user.waiting.close(result.ticket);
    this.#parking.park(result, exchange.response, {
      answer: (answer) => this.#answer(exchange, answer),
      again: () => void this.#again(exchange),
      close: () => user.waiting.close(result.ticket),
    });
  }

  async #again(exchange: Exchange): Promise<void> {
    try {
      await this.#run(exchange, { ...exchange.request, again: true });
    } catch (thrown) {
      exchange.log.error({ error: thrown }, 'A waiting request failed when it was run again');
      this.#answer(exchange, { kind: 'http', ...failureOf(thrown, this.#parts.random) });
    }
  }

  #answer(exchange: Exchange, answer: Answer): void {
    const bytes = reply(exchange.response, answer, exchange.acceptsGzip);
    exchange.log.info(
      {
        answer: answer.kind === 'http' ? answer.status : answer.kind,
        bytes,
        milliseconds: Math.round(this.#parts.clock.monotonic() - exchange.started),
      },
      'Served',
    );
  }
}

const PEOPLE = 'This is an Exchange ActiveSync address: enter it in a phone, not in a browser.';

function refuse(response: ServerResponse, who: Exclude<Authentication, { kind: 'known' }>): void {
  if (who.kind === 'throttled') reply(response, busy(who.retryAfterSeconds), false);
  else reply(response, { kind: 'http', status: 401, headers: { 'WWW-Authenticate': CHALLENGE } }, false);
}

const busy = (seconds: number): Answer => ({ kind: 'http', status: 503, headers: { 'Retry-After': String(seconds) } });

/** The query names user and device; the path is enough to find the fault. */
const withoutQuery = (url: string | undefined): string => (url ?? '').split('?')[0] ?? '';
