/** Where other servers of the pool bring what is this server's to do: requests of users that it owns, and users given to it. */
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { RoadCompletion, RoadRequest } from '../activesync/road.ts';
import { ServerError } from '../errors.ts';
import { FrameReader, readFrame, writeFrame } from './frames.ts';
import {
  type Addressed,
  closeMessage,
  completionMessage,
  executeMessage,
  type Given,
  givenMessage,
  PEER_PATHS,
  type PeerResult,
  resultMessage,
} from './peer-messages.ts';
import { listenerTls, type PoolKeys } from './pool-key.ts';

/** What the listener brings others' words to. */
export interface PeerService {
  /** Never rejects: failures are replies. */
  execute(request: RoadRequest, to: Addressed): Promise<PeerResult>;
  closeTicket(ticket: string): void;
  given(given: Given): Promise<void>;
}

export interface PeerListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly keys: PoolKeys;
  readonly bodyLimitBytes: number;
  readonly log: Log;
}

/** Streams of one front at once: as many as it has requests running, never the waiting ones. */
const MAX_STREAMS = 10_000;
const WINDOW_BYTES = 4 * 1024 * 1024;

export class PeerListener {
  readonly #options: PeerListenerOptions;
  readonly #service: PeerService;
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** The ticket stream of the front that a ticket's device waits at. */
  readonly #fronts = new Map<string, ServerHttp2Stream>();
  readonly #streams = new WeakMap<ServerHttp2Session, ServerHttp2Stream>();

  constructor(options: PeerListenerOptions, service: PeerService) {
    this.#options = options;
    this.#service = service;
    this.#server = createSecureServer({
      ...listenerTls(options.keys),
      settings: { maxConcurrentStreams: MAX_STREAMS, initialWindowSize: WINDOW_BYTES },
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

  /** Sends a completion to the front that the ticket's device waits at; false if it waits at none. */
  complete(ticket: string, completion: RoadCompletion): boolean {
    const front = this.#fronts.get(ticket);
    if (front === undefined) return false;
    this.#fronts.delete(ticket);
    const body = completion.kind === 'reply' ? completion.body : undefined;
    if (!front.destroyed) front.write(writeFrame(completionMessage.head(ticket, completion), body));
    return true;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #admit(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', (error) => this.#options.log.debug({ reason: reasonOf(error) }, 'A peer connection broke'));
    session.once('close', () => this.#sessions.delete(session));
  }

  async #serve(stream: ServerHttp2Stream, path: string): Promise<void> {
    stream.on('error', (error) => this.#options.log.debug({ path, reason: reasonOf(error) }, 'A peer stream broke'));
    if (path === PEER_PATHS.tickets) return this.#openTickets(stream);
    const { head, body } = await readFrame(stream, this.#options.bodyLimitBytes);
    if (path === PEER_PATHS.execute) return this.#execute(stream, head, body);
    if (path !== PEER_PATHS.given) throw new Error(`nothing is served at ${path}`);
    await this.#service.given(givenMessage.read(head));
    stream.respond({ ':status': 204 }, { endStream: true });
  }

  async #execute(stream: ServerHttp2Stream, head: unknown, body: Uint8Array): Promise<void> {
    const { request, to } = executeMessage.read(head, body);
    const result = await this.#service.execute(request, to);
    if (result.kind === 'wait') this.#waitsAt(stream, result.ticket);
    if (stream.destroyed) return;
    stream.respond({ ':status': result.kind === 'moved' ? 421 : 200 });
    stream.end(writeFrame(resultMessage.head(result), resultMessage.body(result)));
  }

  /** Before the answer goes out, so that no completion is lost between the two. */
  #waitsAt(stream: ServerHttp2Stream, ticket: string): void {
    const front = stream.session && this.#streams.get(stream.session as ServerHttp2Session);
    if (front === undefined || front.destroyed) this.#service.closeTicket(ticket);
    else this.#fronts.set(ticket, front);
  }

  #openTickets(stream: ServerHttp2Stream): void {
    this.#streams.set(stream.session as ServerHttp2Session, stream);
    stream.respond({ ':status': 200 });
    const reader = new FrameReader(0);
    stream.on('data', (chunk: Buffer) => {
      for (const { head } of reader.push(chunk)) this.#closed(closeMessage.read(head));
    });
    // The front is gone: its devices will come again, or their new front asks for them.
    stream.once('close', () => {
      for (const [ticket, front] of this.#fronts) if (front === stream) this.#closed(ticket);
    });
  }

  #closed(ticket: string): void {
    this.#fronts.delete(ticket);
    this.#service.closeTicket(ticket);
  }

  #refuse(stream: ServerHttp2Stream, thrown: unknown): void {
    this.#options.log.warn({ reason: reasonOf(thrown) }, 'A request of another server could not be read, and was refused');
    if (stream.destroyed) return;
    if (!stream.headersSent) stream.respond({ ':status': 400 }, { endStream: true });
    else stream.close();
  }
}
