/** Where other servers of the pool bring what is this server's to do: requests of users that it owns, and users given to it. */
import {
  createSecureServer,
  type Http2SecureServer,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { Front } from '../activesync/owner-road.ts';
import type { DeviceOrder } from '../../administration/index.ts';
import type { RoadRequest } from '../activesync/road.ts';
import { hungUp, ServerError } from '../errors.ts';
import { Conversation, REFUSED } from './conversation.ts';
import { CARRIES_HEADER, CARRIES_REQUESTS, fetchMessage } from './conversation-messages.ts';
import { readFrame, writeFrame } from './frames.ts';
import {
  type Addressed,
  executeMessage,
  type Given,
  givenMessage,
  orderMessage,
  type OrderResult,
  PEER_PATHS,
  type PeerResult,
  resultMessage,
  waitingMessage,
  SESSION_HEADER,
} from './peer-messages.ts';
import { listenerTls, type PoolKeys } from './pool-key.ts';

/** What the listener brings others' words to. */
export interface PeerService {
  /**
   * Never rejects: failures are replies. `front` is where the device's response would be parked. `signal`: the device has hung
   * up, or its front is gone; what may be left undone is.
   */
  execute(request: RoadRequest, to: Addressed, front: Front, signal: AbortSignal): Promise<PeerResult>;
  /** Never rejects: failures are results. */
  order(user: string, order: DeviceOrder, to: Addressed): Promise<OrderResult>;
  closeTicket(ticket: string): void;
  given(given: Given): Promise<void>;
  /** Undefined for a user who is not served here. */
  waitingDevices(user: string): ReadonlySet<string> | undefined;
}

export interface PeerListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keys: PoolKeys;
  readonly bodyLimitBytes: number;
  /** This server's session now: told to whoever connects. */
  readonly session: () => string;
  readonly log: Log;
}

/** Requests of one front at once, and streams: never the waiting ones. */
const MAX_RUNNING = 10_000;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Node resets new streams of a session that holds more, and 10 are soon held where thousands of devices come at once. */
const SESSION_MEMORY_MB = 512;
/** A connection that does not prove the key by then is closed. */
const HANDSHAKE_LIMIT_MS = 10_000;

export class PeerListener {
  readonly #options: PeerListenerOptions;
  readonly #service: PeerService;
  readonly #server: Http2SecureServer;
  /** Every connection, those in their handshake too. */
  readonly #sockets = new Set<Socket>();
  readonly #fronts = new WeakMap<ServerHttp2Session, Conversation>();

  constructor(options: PeerListenerOptions, service: PeerService) {
    this.#options = options;
    this.#service = service;
    this.#server = createSecureServer({
      ...listenerTls(options.keys),
      handshakeTimeout: HANDSHAKE_LIMIT_MS,
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { maxConcurrentStreams: MAX_RUNNING, initialWindowSize: WINDOW_BYTES },
    });
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('session', (session) => this.#admit(session));
    this.#server.on('stream', (stream, headers) => {
      void this.#serve(stream, headers[':path'] ?? '').catch((thrown: unknown) => this.#refuse(stream, thrown));
    });
    this.#server.on('tlsClientError', (error, socket) => {
      options.log.warn(
        { address: socket.remoteAddress, reason: reasonOf(error) },
        'A connection was refused: it does not have the key of this pool',
      );
    });
  }

  /** Resolves to the port. Throws ServerError('cannot-listen'). */
  async listen(): Promise<number> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) =>
        reject(
          new ServerError('cannot-listen', `Cannot listen for the pool's servers on ${host}:${port}`, {
            why: reasonOf(cause),
            remedy: 'Check pool.peer.host and pool.peer.port.',
            cause,
          }),
        ),
      );
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #admit(session: ServerHttp2Session): void {
    session.setLocalWindowSize(WINDOW_BYTES);
    session.on('error', (error) => this.#options.log.debug({ reason: reasonOf(error) }, 'A peer connection broke'));
  }

  async #serve(stream: ServerHttp2Stream, path: string): Promise<void> {
    stream.on('error', (error) => this.#options.log.debug({ path, reason: reasonOf(error) }, 'A peer stream broke'));
    if (path === PEER_PATHS.tickets) return this.#openTickets(stream);
    const { head, body } = await readFrame(stream, this.#options.bodyLimitBytes);
    if (path === PEER_PATHS.execute) return this.#execute(stream, head, body);
    if (path === PEER_PATHS.answer) return answer(stream, this.#frontOf(stream).takeLarge(fetchMessage.read(head)));
    if (path === PEER_PATHS.order) {
      const { user, order, to } = orderMessage.read(head);
      const result = await this.#service.order(user, order, to);
      if (stream.destroyed) return;
      stream.respond({ ':status': 200 });
      stream.end(writeFrame(result));
      return;
    }
    if (path === PEER_PATHS.waiting) {
      const devices = this.#service.waitingDevices(waitingMessage.read(head));
      stream.respond({ ':status': 200 });
      stream.end(writeFrame(waitingMessage.resultHead(devices)));
      return;
    }
    if (path !== PEER_PATHS.given) throw new Error(`nothing is served at ${path}`);
    await this.#service.given(givenMessage.read(head));
    stream.respond({ ':status': 204 }, { endStream: true });
  }

  async #execute(stream: ServerHttp2Stream, head: unknown, body: Uint8Array): Promise<void> {
    const { request, to } = executeMessage.read(head, body);
    const gone = new AbortController();
    stream.once('close', () => gone.abort(hungUp()));
    answer(stream, await this.#frontOf(stream).run(request, to, gone.signal));
  }

  #frontOf(stream: ServerHttp2Stream): Conversation {
    const front = stream.session && this.#fronts.get(stream.session as ServerHttp2Session);
    if (front === undefined) throw new Error('a request came before the stream of tickets');
    return front;
  }

  #openTickets(stream: ServerHttp2Stream): void {
    const { log, session } = this.#options;
    const front = new Conversation(stream, {
      service: this.#service,
      mostRunning: MAX_RUNNING,
      onRefused: (thrown) => this.#refuse(stream, thrown),
      log,
    });
    this.#fronts.set(stream.session as ServerHttp2Session, front);
    stream.respond({ ':status': 200, [SESSION_HEADER]: session(), [CARRIES_HEADER]: CARRIES_REQUESTS });
  }

  #refuse(stream: ServerHttp2Stream, thrown: unknown): void {
    this.#options.log.warn({ reason: reasonOf(thrown) }, REFUSED);
    if (stream.destroyed) return;
    if (!stream.headersSent) stream.respond({ ':status': 400 }, { endStream: true });
    else stream.destroy();
  }
}

function answer(stream: ServerHttp2Stream, result: PeerResult): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': result.kind === 'moved' ? 421 : 200 });
  stream.end(writeFrame(resultMessage.head(result), resultMessage.body(result)));
}
