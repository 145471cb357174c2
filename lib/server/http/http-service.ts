/** The HTTP listener: gives each request an id, finds its route, and stops gracefully. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import {
  LISTEN_BACKLOG,
  type Log,
  type Random,
  randomName,
  reasonOf,
  type Clock,
  sleep,
} from '../../platform/index.ts';
import { ServerError } from '../errors.ts';
import type { Certificate } from '../tls/certificate.ts';
import type { RequestTraces } from '../tracing/request-traces.ts';
import { failureOf } from './failure.ts';
import { drainBody } from './drain-body.ts';
import { answerText, type Route } from './route.ts';
import type { RunningRequests } from './running-requests.ts';
import { TrustedProxies } from './trusted-proxies.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: Certificate | undefined;
  /** Connections from these addresses are a sprayer's: X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly string[];
  /** An idle connection is kept so long; longer than a sprayer keeps it. Default 75. */
  readonly keepAliveSeconds: number;
  /** For a request's header to come whole, and the whole request; default 30 and 300. */
  readonly headersTimeoutSeconds?: number;
  readonly requestTimeoutSeconds?: number;
}

const HEADERS_TIMEOUT_SECONDS = 30;
const REQUEST_TIMEOUT_SECONDS = 300;
/** How often connections are looked at for these. */
const TIMEOUT_CHECK_MS = 5_000;
const STOP_POLL_MS = 20;

export class HttpService {
  readonly #routes: readonly Route[];
  readonly #options: HttpOptions;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #server: Server;
  readonly #proxies: TrustedProxies;
  readonly #running: RunningRequests;
  readonly #mayServe: () => boolean;
  readonly #traces: RequestTraces | undefined;
  #active = 0;

  constructor(parts: {
    routes: readonly Route[];
    options: HttpOptions;
    running: RunningRequests;
    /** Whether devices are served yet; default: they are. */
    mayServe?: () => boolean;
    /** Where requests are traced. */
    traces?: RequestTraces | undefined;
    random: Random;
    clock: Clock;
    log: Log;
  }) {
    this.#routes = parts.routes;
    this.#options = parts.options;
    this.#proxies = new TrustedProxies(parts.options.trustedProxies);
    this.#running = parts.running;
    this.#mayServe = parts.mayServe ?? (() => true);
    this.#traces = parts.traces;
    this.#random = parts.random;
    this.#clock = parts.clock;
    this.#log = parts.log;
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    const { certificate, headersTimeoutSeconds, requestTimeoutSeconds } = parts.options;
    const headersTimeout = (headersTimeoutSeconds ?? HEADERS_TIMEOUT_SECONDS) * 1000;
    const requestTimeout = (requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS) * 1000;
    const connectionsCheckingInterval = Math.min(TIMEOUT_CHECK_MS, headersTimeout / 2);
    const settings = { headersTimeout, requestTimeout, connectionsCheckingInterval, keepAlive: true };
    this.#server = certificate
      ? createTlsServer({ ...settings, ...certificate }, serve)
      : createServer(settings, serve);
    this.#server.keepAliveTimeout = parts.options.keepAliveSeconds * 1000;
    this.#server.timeout = 0;
  }

  /** Resolves to the port. Throws ServerError('cannot-listen'). */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new ServerError('cannot-listen', `Cannot listen on ${host}:${port}`, {
            why: reasonOf(cause),
            remedy:
              cause.code === 'EADDRINUSE'
                ? 'Choose another port, or stop what uses this one.'
                : 'Check listen.host and listen.port.',
            cause,
          }),
        ),
      );
      this.#server.listen({ port, host, backlog: LISTEN_BACKLOG }, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** No new connections; what runs may finish within `graceMs`, then it is cut. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const deadline = this.#clock.monotonic() + graceMs;
    this.#server.closeIdleConnections();
    while (this.#active > 0 && this.#clock.monotonic() < deadline) {
      await sleep(this.#clock, STOP_POLL_MS);
      this.#server.closeIdleConnections();
    }
    if (this.#active > 0) this.#log.warn({ requests: this.#active }, 'Requests were cut: they took too long to finish');
    this.#server.closeAllConnections();
    await closed;
  }

  #serve(request: IncomingMessage, response: ServerResponse): Promise<void> | void {
    const requestId = randomName(this.#random, 12);
    this.#active++;
    response.once('close', () => this.#active--);
    response.once('finish', () => drainBody(request, this.#clock));
    response.setHeader('X-Request-Id', requestId);
    if (!this.#server.listening) response.setHeader('Connection', 'close');
    const path = decodePath(request.url ?? '/');
    const route = this.#routes.find((it) => it.matches(path));
    if (!route) return answerText(response, 404, 'Nothing here.');
    if (this.#traces === undefined || !route.isCounted) return this.#serveBy(route, request, response, requestId, path);
    const told = { isTrusted: this.#proxies.isThrough(request), name: route.name, requestId };
    return this.#traces.follow(request, response, told, () => this.#serveBy(route, request, response, requestId, path));
  }

  /** Never rejects. */
  async #serveBy(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    path: string,
  ): Promise<void> {
    try {
      if (route.isCounted && !this.#mayServe()) throw new ServerError('starting', 'The server is not up yet');
      if (route.isCounted && !this.#running.tryEnter()) {
        throw new ServerError('busy', 'As many requests as are allowed are being worked on');
      }
      try {
        const [address, isTls] = [this.#proxies.addressOf(request), this.#proxies.isTls(request)];
        await route.serve(request, response, { requestId, path, address, isTls });
      } finally {
        if (route.isCounted) this.#running.leave();
      }
    } catch (thrown) {
      const { status, headers } = failureOf(thrown, this.#random);
      const isUsual = thrown instanceof ServerError && (thrown.code === 'busy' || thrown.code === 'starting');
      const level = status < 500 ? 'info' : isUsual ? 'warn' : 'error';
      this.#log[level]({ requestId, status, error: thrown }, 'A request failed');
      if (response.headersSent) response.destroy();
      else answerText(response, status, `The request failed. Its number in the log is ${requestId}.`, { ...headers });
    }
  }
}

/** Lower case, without query; undecodable ones as they are. A whole URL is what proxies are sent (RFC 9112 section 3.2.2). */
function decodePath(url: string): string {
  const path = (url.split('?')[0] ?? '/').replace(/^https?:\/\/[^/]*/i, '');
  try {
    return decodeURIComponent(path).toLowerCase();
  } catch {
    return path.toLowerCase();
  }
}
