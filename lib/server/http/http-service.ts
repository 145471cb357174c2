/** The HTTP listener: gives each request an id, finds its route, and stops gracefully. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Log, type Random, randomName, reasonOf, type Clock, sleep } from '../../platform/index.ts';
import { ServerError } from '../errors.ts';
import type { Certificate } from '../tls/certificate.ts';
import { failureOf } from './failure.ts';
import { answerText, type Route } from './route.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly certificate: Certificate | undefined;
  /** Connections from these addresses are a sprayer's: X-Forwarded-For and X-Forwarded-Proto are believed. */
  readonly trustedProxies: readonly string[];
  /** An idle connection is kept so long; longer than a sprayer keeps it. Default 75. */
  readonly keepAliveSeconds: number;
}

const HEADERS_TIMEOUT_MS = 30_000;
const REQUEST_TIMEOUT_MS = 300_000;
const STOP_POLL_MS = 20;

export class HttpService {
  readonly #routes: readonly Route[];
  readonly #options: HttpOptions;
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #server: Server;
  #active = 0;

  constructor(parts: {
    routes: readonly Route[];
    options: HttpOptions;
    random: Random;
    clock: Clock;
    log: Log;
  }) {
    this.#routes = parts.routes;
    this.#options = parts.options;
    this.#random = parts.random;
    this.#clock = parts.clock;
    this.#log = parts.log;
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    const settings = { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, keepAlive: true };
    const { certificate } = parts.options;
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
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** No new connections; what runs may finish within `graceMs`, then it is cut. */
  async stop(graceMs: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const deadline = this.#clock.monotonic() + graceMs;
    this.#server.closeIdleConnections();
    while (this.#active > 0 && this.#clock.monotonic() < deadline) await sleep(this.#clock, STOP_POLL_MS);
    if (this.#active > 0) this.#log.warn({ requests: this.#active }, 'Requests were cut: they took too long to finish');
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomName(this.#random, 12);
    this.#active++;
    response.once('close', () => this.#active--);
    response.setHeader('X-Request-Id', requestId);
    if (!this.#server.listening) response.setHeader('Connection', 'close');
    try {
      const path = decodePath(request.url ?? '/');
      const route = this.#routes.find((it) => it.matches(path));
      if (!route) return answerText(response, 404, 'Nothing here.');
      await route.serve(request, response, { requestId, address: this.#addressOf(request) });
    } catch (thrown) {
      const { status, headers } = failureOf(thrown, this.#random);
      this.#log[status >= 500 ? 'error' : 'info']({ requestId, status, error: thrown }, 'A request failed');
      if (response.headersSent) response.destroy();
      else answerText(response, status, `The request failed. Its number in the log is ${requestId}.`, { ...headers });
    }
  }

  /** The address nearest to us that is not a trusted sprayer's own. */
  #addressOf(request: IncomingMessage): string {
    const peer = plainAddress(request.socket.remoteAddress ?? '');
    if (!this.#options.trustedProxies.includes(peer)) return peer;
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
      .split(',')
      .map((it) => plainAddress(it.trim()))
      .filter((it) => it !== '');
    return forwarded.findLast((it) => !this.#options.trustedProxies.includes(it)) ?? peer;
  }
}

const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

/** Lower case, without query; undecodable ones as they are. */
function decodePath(url: string): string {
  const path = url.split('?')[0] ?? '/';
  try {
    return decodeURIComponent(path).toLowerCase();
  } catch {
    return path.toLowerCase();
  }
}
