/**
 * The single entry point of a pool on one machine: a stand-in for a load balancer that behaves like one. It takes the servers
 * in turn, knows nothing of users, asks their health, lets those that are being stopped finish what they have, and sends a
 * request to a second server only where the first took no connection: then nothing of it was sent.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Clock, LISTEN_BACKLOG, type Log, reasonOf, silentLog, sleep, systemClock } from '../../platform/index.ts';
import { PoolError } from '../errors.ts';
import { forward } from './forward.ts';
import { DEFAULT_HEALTH, type HealthOptions, Target, type TargetAddress, type TargetState } from './target.ts';

export interface SprayerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly targets: readonly TargetAddress[];
  readonly health?: Partial<HealthOptions>;
  /** PEM; without it devices speak plain HTTP. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  readonly clock?: Clock;
  readonly log?: Log;
}

export interface TargetReport extends TargetAddress {
  readonly state: TargetState;
  readonly why: string | undefined;
  /** Requests under way, held ones too. */
  readonly active: number;
}

const KEEP_ALIVE_MS = 75_000;
const STOP_POLL_MS = 20;

export class Sprayer {
  readonly #targets: readonly Target[];
  readonly #server: Server;
  readonly #options: SprayerOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  #port = 0;
  #turn = 0;
  #active = 0;

  private constructor(options: SprayerOptions) {
    const { clock = systemClock, log = silentLog } = options;
    this.#options = options;
    this.#clock = clock;
    this.#log = log;
    const health = { ...DEFAULT_HEALTH, ...options.health };
    this.#targets = options.targets.map((address) => new Target(address, health, clock, log));
    const serve = (request: IncomingMessage, response: ServerResponse) => void this.#serve(request, response);
    // A request may take an hour to come to its answer: only idle connections are ever closed for their age.
    const settings = { requestTimeout: 0, keepAlive: true };
    this.#server = options.certificate
      ? createTlsServer({ ...settings, ...options.certificate }, serve)
      : createServer(settings, serve);
    this.#server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server.timeout = 0;
  }

  /** Throws PoolError('cannot-listen'). */
  static async start(options: SprayerOptions): Promise<Sprayer> {
    const sprayer = new Sprayer(options);
    try {
      await sprayer.#listen();
    } catch (thrown) {
      sprayer.#close();
      throw thrown;
    }
    return sprayer;
  }

  get port(): number {
    return this.#port;
  }

  targets(): readonly TargetReport[] {
    return this.#targets.map(({ address, state, why, active }) => ({ ...address, state, why, active }));
  }

  /** Takes a server out before it is stopped. */
  drain(name: string): void {
    this.#find(name)?.drain();
  }

  undrain(name: string): void {
    this.#find(name)?.undrain();
  }

  /** No new connections; what is under way may finish within `graceMs`, then it is cut. */
  async stop(graceMs = 0): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const deadline = this.#clock.monotonic() + graceMs;
    while (this.#active > 0 && this.#clock.monotonic() < deadline) {
      this.#server.closeIdleConnections();
      await sleep(this.#clock, STOP_POLL_MS);
    }
    this.#close();
    await closed;
  }

  async #listen(): Promise<void> {
    const { host = '127.0.0.1', port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) =>
        reject(
          new PoolError('cannot-listen', `The sprayer cannot listen on ${host}:${port}`, {
            why: reasonOf(cause),
            remedy: 'Choose another port, or stop what uses this one.',
            cause,
          }),
        ),
      );
      this.#server.listen({ port, host, backlog: LISTEN_BACKLOG }, resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #close(): void {
    this.#server.closeAllConnections();
    for (const target of this.#targets) target.close();
  }

  #find(name: string): Target | undefined {
    return this.#targets.find(({ address }) => address.name === name);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#active += 1;
    response.once('close', () => {
      this.#active -= 1;
    });
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    if (!this.#server.listening) response.setHeader('Connection', 'close');
    const refused = new Set<Target>();
    for (let target = this.#next(refused); target !== undefined; target = this.#next(refused)) {
      const outcome = await forward(request, response, target);
      if (outcome === 'done') return;
      this.#log.info({ target: target.address.name, outcome }, 'A server did not answer');
      if (outcome === 'failed') return answer(response, 502);
      refused.add(target);
    }
    answer(response, refused.size === 0 ? 503 : 502);
  }

  /** The healthy ones in turn; where none is, all but those taken out, as load balancers do: one may be better than it says. */
  #next(refused: ReadonlySet<Target>): Target | undefined {
    const left = this.#targets.filter((it) => !refused.has(it));
    const healthy = left.filter(({ state }) => state === 'healthy');
    const some = healthy.length > 0 ? healthy : left.filter(({ state }) => state === 'unhealthy');
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    return some[this.#turn % some.length];
  }
}

const REASONS: Readonly<Record<number, string>> = {
  502: 'The server broke off.',
  503: 'No server takes requests now.',
};

function answer(response: ServerResponse, status: number): void {
  if (response.destroyed || response.headersSent) return void response.destroy();
  // What has not come of the request is not read: the connection is good for nothing more.
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  response.end(`${REASONS[status]}\n`);
}
