/**
 * The door of phones: authenticates, reads the request line, sends the request down the road to its user's owner, and
 * answers or parks the device. It never looks into a body (architecture.md).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ACTIVESYNC_PATH,
  type CommandName,
  optionsHeaders,
  parseRequestLine,
  PROTOCOL_VERSIONS,
  RequestError,
  statusAnswer,
} from '../../activesync/index.ts';
import { BackendError } from '../../backends/index.ts';
import { type Clock, type Log, type LogFields, type Random, sleep, type Tracer } from '../../platform/index.ts';
import { hungUp, ServerError } from '../errors.ts';
import type { Authentication, Authenticator } from '../authentication/authenticator.ts';
import { CHALLENGE } from '../authentication/basic.ts';
import { failureOf } from '../http/failure.ts';
import type { IncomingBodies } from '../http/incoming-bodies.ts';
import type { Destination, HomeDoor } from '../homes/home-door.ts';
import { PASSED_ON_HEADER, passOn } from '../homes/pass-on.ts';
import type { RunningRequests } from '../http/running-requests.ts';
import { answerText, type Route, type RouteContext } from '../http/route.ts';
import { type Parked, Parking } from '../parking.ts';
import { endPart, resumePart } from '../tracing/request-traces.ts';
import { replyOf, sendReply } from './reply.ts';
import { RequestRate } from './request-rate.ts';
import { type Reply, type Road, type RoadRequest, type RoadWait, toldOf } from './road.ts';

export interface ActiveSyncParts {
  readonly authenticator: Authenticator;
  readonly road: Road;
  /** Where there are several pools, and which this one is. */
  readonly homes?: { readonly door: HomeDoor; readonly pool: string } | undefined;
  readonly running: RunningRequests;
  readonly bodies: IncomingBodies;
  readonly bodyLimitBytes: number;
  /** Of one device; 0: no bound. */
  readonly requestsPerMinute: number;
  /** Told of every answer; `workedMs` leaves out the time in which the device waited. */
  readonly onCommand?: (
    command: CommandName,
    reply: Pick<Reply, 'status' | 'protocolStatus'>,
    workedMs: number,
  ) => void;
  /** Where requests are traced. */
  readonly tracer?: Tracer | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** What is kept of a request for as long as its device waits. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly request: RoadRequest;
  readonly startedMs: number;
  readonly acceptsGzip: boolean;
  /** Once it waits: until when, whichever owners it waits at. */
  waitUntilMs?: number;
  /** What it took until it waited. */
  workedMs?: number;
  /** Where requests are traced, once it waits: the span of its request, which ended then. */
  traceparent?: string | undefined;
}

/** What the door does with a parked exchange. */
interface Ends {
  answer(exchange: Exchange, reply: Reply): void;
  run(exchange: Exchange, again: boolean, instead: Reply | undefined): Promise<void>;
  close(ticket: string): void;
}

/** An object of a class, and not four functions: there is one for every device that waits. */
class ParkedExchange implements Parked {
  readonly #ends: Ends;
  readonly #exchange: Exchange;
  readonly #wait: RoadWait;

  constructor(ends: Ends, exchange: Exchange, wait: RoadWait) {
    this.#ends = ends;
    this.#exchange = exchange;
    this.#wait = wait;
  }

  answer(reply: Reply): void {
    this.#ends.answer(this.#exchange, reply);
  }

  again(): void {
    void this.#ends.run(this.#exchange, true, undefined);
  }

  lost(): void {
    void this.#ends.run(this.#exchange, false, this.#wait.atDeadline);
  }

  close(): void {
    this.#ends.close(this.#wait.ticket);
  }
}

const PATH = ACTIVESYNC_PATH.toLowerCase();
/** Not where its weight is 0 (RFC 9110 section 12.5.3). */
const GZIP = /(?:^|,)\s*gzip\s*(?:$|,|;(?!\s*q=0(?:\.0*)?\s*(?:,|$)))/i;
/** A move is about to end: the device is kept so long rather than turned away. */
const FOLLOW_MS = 10_000;
const FOLLOW_PAUSE_MS = 300;
const PEOPLE = 'This is an Exchange ActiveSync address: enter it in a phone, not in a browser.';

export class ActiveSyncRoute implements Route {
  readonly name = 'activesync';
  readonly isCounted = true;
  readonly #parts: ActiveSyncParts;
  readonly #parking: Parking;
  readonly #rate: RequestRate;
  readonly #ends: Ends;

  #isStopping = false;

  constructor(parts: ActiveSyncParts) {
    this.#parts = parts;
    this.#parking = new Parking(parts.clock);
    this.#rate = new RequestRate(parts.clock, parts.requestsPerMinute);
    const ends: Ends = {
      answer: (exchange, reply) => this.#answer(exchange, reply),
      run: (exchange, again, instead) => this.#runParked(exchange, again, instead),
      close: (ticket) => parts.road.closeTicket(ticket),
    };
    this.#ends = parts.tracer ? traceEnds(ends, parts.tracer) : ends;
    parts.road.onCompletion((ticket, completion) => this.#parking.complete(ticket, completion));
  }

  /** Devices whose requests are held now. */
  get waitingCount(): number {
    return this.#parking.size;
  }

  /** Answers every waiting device, and those that come to wait yet: the server is about to stop. */
  answerWaiting(): void {
    this.#isStopping = true;
    this.#parking.answerAll();
  }

  matches(path: string): boolean {
    return path === PATH || path === `${PATH}/`;
  }

  async serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    let exchange: Exchange | undefined;
    try {
      if (request.method === 'OPTIONS') return await this.#options(request, response, context);
      if (request.method !== 'POST') return answerText(response, 405, PEOPLE, { Allow: 'OPTIONS, POST' });
      exchange = await this.#admit(request, response, context);
      if (exchange) {
        const followed = exchange;
        await this.#run(exchange, false).catch((thrown: unknown) => {
          if (isMoved(thrown)) return this.#follow(followed);
          throw thrown;
        });
      }
    } catch (thrown) {
      const { requestId, address } = context;
      const failure = this.#failure(thrown, exchange ? toldOf(exchange.request) : { requestId, address });
      sendReply(response, failure, false);
      if (exchange) this.#count(exchange, failure);
    }
  }

  /** MS-ASHTTP 2.2.3: asked with or without a password; a wrong one is told. */
  async #options(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    if (request.headers.authorization !== undefined) {
      const who = await this.#parts.authenticator.check(request.headers.authorization, context.address);
      if (who.kind !== 'known') return sendReply(response, refusalOf(who), false);
      const destination = await this.#parts.homes?.door.destination(who.account, undefined);
      if (destination?.kind === 'redirect') return sendReply(response, redirectTo(destination.url), false);
    }
    response.writeHead(200, { ...optionsHeaders(), 'Content-Length': 0 });
    response.end();
  }

  /** Everything up to a request that can go down the road; undefined if it was answered already. */
  async #admit(
    request: IncomingMessage,
    response: ServerResponse,
    context: RouteContext,
  ): Promise<Exchange | undefined> {
    const { authenticator, bodies, bodyLimitBytes, tracer, clock, log } = this.#parts;
    const startedMs = clock.monotonic();
    const who = await authenticator.check(request.headers.authorization, context.address);
    if (who.kind !== 'known') {
      sendReply(response, refusalOf(who), false);
      return undefined;
    }
    const query = (request.url ?? '').split('?').slice(1).join('?');
    const line = parseRequestLine(query, request.headers);
    tracer?.current()?.rename(line.command);
    const retryAfterSeconds = this.#rate.take(`${who.account.user} ${line.deviceId}`);
    if (retryAfterSeconds > 0) {
      log.warn({ user: who.account.user, device: line.deviceId, retryAfterSeconds }, 'A device asks too often');
      sendReply(response, busy(retryAfterSeconds), false);
      return undefined;
    }
    const sender = { user: who.account.user, address: context.address };
    const body = await bodies.read(request, bodyLimitBytes, sender);
    response.setHeader('MS-Server-ActiveSync', PROTOCOL_VERSIONS[0]);
    response.setHeader('Cache-Control', 'private');
    const exchange: Exchange = {
      incoming: request,
      response,
      startedMs,
      acceptsGzip: GZIP.test(request.headers['accept-encoding']?.toString() ?? ''),
      request: {
        requestId: context.requestId,
        address: context.address,
        account: who.account,
        credentials: who.credentials,
        line,
        contentType: request.headers['content-type'] ?? '',
        userAgent: request.headers['user-agent'],
        body,
        again: false,
      },
    };
    return (await this.#isHere(exchange)) ? exchange : undefined;
  }

  /** False where the device was sent to its user's home, or its request passed on (MS-ASHTTP 3.1.5.2.2). */
  async #isHere(exchange: Exchange): Promise<boolean> {
    const { homes } = this.#parts;
    if (homes === undefined) return true;
    const { account, line } = exchange.request;
    const destination = await homes.door.destination(account, line.version);
    if (destination.kind === 'here') return true;
    this.#send(exchange, destination, homes);
    return false;
  }

  #send(
    exchange: Exchange,
    destination: Exclude<Destination, { kind: 'here' }>,
    { door, pool }: NonNullable<ActiveSyncParts['homes']>,
  ): void {
    const { incoming, response, request } = exchange;
    const { user } = request.account;
    if (incoming.headers[PASSED_ON_HEADER] !== undefined) {
      door.forget(user);
      return sendReply(response, MISDIRECTED, false);
    }
    if (destination.kind === 'redirect') return this.#answer(exchange, redirectTo(destination.url));
    const onMisdirected = () => door.forget(user);
    endPart(this.#parts.tracer, 'passed-on');
    passOn(incoming, response, request.body, destination.url, { pool, onMisdirected, log: this.#parts.log });
  }

  /** The user has left this pool, or is about to: the device follows as soon as the new home is known. */
  async #follow(exchange: Exchange): Promise<void> {
    const { homes, clock } = this.#parts;
    const { account } = exchange.request;
    const until = clock.monotonic() + FOLLOW_MS;
    for (;;) {
      homes?.door.forget(account.user);
      if (!(await this.#isHere(exchange))) return;
      try {
        return await this.#run(exchange, false);
      } catch (thrown) {
        if (!isMoved(thrown) || clock.monotonic() > until) throw thrown;
      }
      await sleep(clock, FOLLOW_PAUSE_MS);
    }
  }

  async #run(exchange: Exchange, again: boolean): Promise<void> {
    const { road, authenticator } = this.#parts;
    const { request, response } = exchange;
    const hangUp = new AbortController();
    const onClose = () => hangUp.abort(hungUp());
    response.once('close', onClose);
    const result = await road
      .execute(again ? { ...request, again } : request, hangUp.signal)
      .catch((thrown: unknown) => {
        if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') {
          authenticator.forget(request.credentials);
        }
        throw thrown;
      })
      .finally(() => response.off('close', onClose));
    if (result.kind === 'reply') {
      // The same, told by another server.
      if (result.status === 401) authenticator.forget(request.credentials);
      return this.#answer(exchange, result);
    }
    if (response.destroyed) {
      this.#parking.forget(result.ticket);
      return road.closeTicket(result.ticket);
    }
    const now = this.#parts.clock.monotonic();
    exchange.workedMs ??= now - exchange.startedMs;
    exchange.waitUntilMs ??= now + result.waitMs;
    const waitMs = Math.max(0, Math.min(result.waitMs, exchange.waitUntilMs - now));
    const parked = new ParkedExchange(this.#ends, exchange, result);
    const { tracer } = this.#parts;
    if (tracer === undefined) return this.#parking.park({ ...result, waitMs }, response, parked);
    exchange.traceparent = endPart(tracer, 'waiting');
    tracer.outside(() => this.#parking.park({ ...result, waitMs }, response, parked));
  }

  /** `instead`: what a device that waits on is answered where nobody can serve it; a failure would teach it to wait less. */
  async #runParked(exchange: Exchange, again: boolean, instead: Reply | undefined): Promise<void> {
    const { running } = this.#parts;
    running.enter();
    try {
      await this.#run(exchange, again);
    } catch (thrown) {
      const failure = this.#failure(thrown, toldOf(exchange.request));
      this.#answer(exchange, instead ?? failure);
    } finally {
      running.leave();
    }
  }

  #answer(exchange: Exchange, reply: Reply): void {
    const { request, startedMs } = exchange;
    this.#parts.tracer?.current()?.answered(reply.status);
    // Or the device would wait again on a connection that is about to be closed.
    if (this.#isStopping && !exchange.response.headersSent) exchange.response.setHeader('Connection', 'close');
    sendReply(exchange.response, reply, exchange.acceptsGzip);
    this.#count(exchange, reply);
    this.#parts.log.info(
      {
        ...toldOf(request),
        version: request.line.version,
        status: reply.status,
        protocolStatus: reply.protocolStatus,
        bytes: reply.body.length,
        milliseconds: Math.round(this.#parts.clock.monotonic() - startedMs),
      },
      'Served',
    );
  }

  #count({ request, startedMs, workedMs }: Exchange, reply: Reply): void {
    const { onCommand, clock } = this.#parts;
    onCommand?.(request.line.command, reply, workedMs ?? clock.monotonic() - startedMs);
  }

  #failure(thrown: unknown, told: LogFields): Reply {
    const refusal = thrown instanceof RequestError ? thrown.refusal : undefined;
    const document = refusal && statusAnswer(refusal.command, refusal.status);
    if (document) return replyOf({ kind: 'document', document });
    const failure = failureOf(thrown, this.#parts.random);
    // 501 and 505 are a device's fault.
    const isOurs = failure.status >= 500 && !(thrown instanceof RequestError);
    const isUsual = thrown instanceof ServerError && thrown.code === 'busy';
    const level = isUsual ? 'warn' : isOurs ? 'error' : 'info';
    this.#parts.tracer?.current()?.fail(thrown, failure.status);
    this.#parts.log[level]({ ...told, status: failure.status, error: thrown }, 'A request failed');
    return replyOf({ kind: 'http', ...failure });
  }
}

/** What becomes of a device that waited, each as a span of its request's trace. */
function traceEnds(ends: Ends, tracer: Tracer): Ends {
  const resume = (exchange: Exchange, task: () => Promise<void>): Promise<void> => {
    const { request, traceparent } = exchange;
    return resumePart(tracer, traceparent, `${request.line.command} after waiting`, request.requestId, task);
  };
  return {
    ...ends,
    answer: (exchange, reply) => void resume(exchange, async () => ends.answer(exchange, reply)),
    run: (exchange, again, instead) => resume(exchange, () => ends.run(exchange, again, instead)),
  };
}

function refusalOf(who: Exclude<Authentication, { kind: 'known' }>): Reply {
  if (who.kind === 'throttled') return busy(who.retryAfterSeconds);
  return replyOf({ kind: 'http', status: 401, headers: { 'WWW-Authenticate': CHALLENGE } });
}

const redirectTo = (url: string): Reply =>
  replyOf({ kind: 'http', status: 451, headers: { 'X-MS-Location': `${url}${ACTIVESYNC_PATH}` } });

const MISDIRECTED: Reply = replyOf({ kind: 'http', status: 421 });

const isMoved = (thrown: unknown): boolean => thrown instanceof ServerError && thrown.code === 'moved-home';

const busy = (seconds: number): Reply =>
  replyOf({ kind: 'http', status: 503, headers: { 'Retry-After': String(seconds) } });
