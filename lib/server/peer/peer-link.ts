/**
 * The one connection from this server, as front, to another one, as owner: a stream that lives as long as the connection for
 * small requests and for tickets, and a stream each for large ones. When it breaks, every ticket of it ends with `lost`, so that its device waits elsewhere.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { DeviceOrder } from '../../administration/index.ts';
import { type Clock, type Log, reasonOf, type Timer } from '../../platform/index.ts';
import type { RoadCompletion, RoadRequest } from '../activesync/road.ts';
import { Calls } from './calls.ts';
import {
  CARRIES_HEADER,
  CARRIES_REQUESTS,
  fetchMessage,
  SMALL_BODY_BYTES,
  type ToFront,
  toFront,
  toOwner,
} from './conversation-messages.ts';
import { FrameWriter } from './frame-writer.ts';
import { FrameReader, readFrame, writeFrame } from './frames.ts';
import {
  type Addressed,
  executeMessage,
  type Given,
  orderMessage,
  type OrderResult,
  PEER_PATHS,
  type PeerResult,
  resultMessage,
  SESSION_HEADER,
  waitingMessage,
} from './peer-messages.ts';
import { connectorTls, type PoolKeys } from './pool-key.ts';

/**
 * Why no answer came. `refused`: no connection could be made, nothing was sent. `broken`: an authenticated connection broke,
 * and the request may have been run.
 */
export class LinkError extends Error {
  readonly kind: 'refused' | 'broken';
  constructor(kind: 'refused' | 'broken', cause: unknown) {
    super(`the connection to the owner was ${kind}: ${reasonOf(cause)}`, { cause });
    this.kind = kind;
  }
}

export interface PeerLinkOptions {
  /** Whom it is for: another session at the address is somebody else. */
  readonly session: string;
  /** `host:port` */
  readonly address: string;
  readonly keys: PoolKeys;
  readonly answerLimitBytes: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onCompletion: (ticket: string, completion: RoadCompletion) => void;
  /** The connection ended; `tickets` were waiting over it. Called once. */
  readonly onEnd: (end: LinkEnd) => void;
}

export interface LinkEnd {
  readonly tickets: readonly string[];
  /** The other side had proven the key. */
  readonly wasOpen: boolean;
  /**
   * What the machine answered for sure: nobody listens at the address, or somebody else does. A partition or a frozen
   * process looks different: nothing answers.
   */
  readonly isRefused: boolean;
  readonly isSucceeded: boolean;
}

/** At the address is a later session: of a process that was started in the place of the one before. */
class SucceededError extends Error {}

const CONNECT_LIMIT_MS = 2_000;
const ALIVE_EVERY_MS = 2_000;
const ALIVE_LIMIT_MS = 4_000;
const LAST_LOOK_MS = 250;
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Node resets new streams of a session that holds more, and 10 are soon held where thousands of devices come at once. */
const SESSION_MEMORY_MB = 512;

/** The owner's end takes requests over the stream, or tickets alone. */
interface Conversation {
  readonly writer: FrameWriter;
  readonly carriesRequests: boolean;
}

export class PeerLink {
  readonly #options: PeerLinkOptions;
  readonly #session: ClientHttp2Session;
  readonly #opened: Promise<Conversation>;
  readonly #calls = new Calls();
  readonly #tickets = new Set<string>();
  /** Completed before the answer that opened them was read: they come over another stream. Kept while requests run. */
  readonly #early = new Set<string>();
  #running = 0;
  #isOpen = false;
  #hasEnded = false;

  constructor(options: PeerLinkOptions) {
    this.#options = options;
    this.#session = connect(`https://${options.address}`, {
      ...connectorTls(options.keys),
      maxSessionMemory: SESSION_MEMORY_MB,
      settings: { initialWindowSize: WINDOW_BYTES },
    });
    this.#session.on('error', (error) => this.#end(error));
    this.#session.on('close', () => this.#end(new Error('the connection was closed')));
    this.#opened = this.#open();
    this.#opened.catch((error: unknown) => this.#end(error));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves when the other side has proven the key and answers. */
  async ready(): Promise<void> {
    await this.#opened;
  }

  /** `signal`: nobody needs the answer any more; the owner is told, and answers all the same. Throws LinkError. */
  async execute(request: RoadRequest, to: Addressed, signal?: AbortSignal): Promise<PeerResult> {
    this.#running += 1;
    try {
      const result = await this.#execute(request, to, signal);
      if (result.kind === 'wait' && !this.#early.delete(result.ticket)) this.#tickets.add(result.ticket);
      return result;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#early.clear();
    }
  }

  /** Tells the new owner of a user. Throws LinkError. */
  async tell(given: Given): Promise<void> {
    await this.#opened.catch((cause: unknown) => Promise.reject(new LinkError('refused', cause)));
    const stream = this.#session.request({ ':method': 'POST', ':path': PEER_PATHS.given });
    stream.end(writeFrame(given));
    await new Promise<void>((resolve, reject) => {
      stream.on('response', () => resolve());
      stream.on('error', (cause) => reject(new LinkError('broken', cause)));
      stream.on('close', () => reject(new LinkError('broken', new Error('the stream was closed'))));
      stream.resume();
    });
  }

  /** Throws LinkError. */
  async order(user: string, order: DeviceOrder, to: Addressed): Promise<OrderResult> {
    return orderMessage.readResult(await this.#ask(PEER_PATHS.order, orderMessage.head(user, order, to)));
  }

  /** Which of the user's devices wait there; undefined for a user who is not served there. Throws LinkError. */
  async waitingDevices(user: string): Promise<ReadonlySet<string> | undefined> {
    return waitingMessage.readResult(await this.#ask(PEER_PATHS.waiting, waitingMessage.head(user)));
  }

  /** False once the ticket is completed. */
  isWaiting(ticket: string): boolean {
    return this.#tickets.has(ticket);
  }

  closeTicket(ticket: string): void {
    if (!this.#tickets.delete(ticket) || this.#hasEnded) return;
    void this.#opened.then(({ writer }) => writer.write(toOwner.close(ticket)));
  }

  close(): void {
    this.#session.close();
    this.#session.destroy();
  }

  async #execute(request: RoadRequest, to: Addressed, signal: AbortSignal | undefined): Promise<PeerResult> {
    const { writer, carriesRequests } = await this.#opened.catch((cause: unknown) =>
      Promise.reject(new LinkError('refused', cause)),
    );
    try {
      if (!carriesRequests || writer.isCrowded || request.body.length > SMALL_BODY_BYTES) {
        return await this.#call(PEER_PATHS.execute, executeMessage.head(request, to), request.body, signal);
      }
      const { id, answer } = this.#calls.open();
      writer.write(toOwner.call(id, request, to), request.body);
      const cancel = () => writer.write(toOwner.cancel(id));
      signal?.addEventListener('abort', cancel, { once: true });
      return await answer.finally(() => signal?.removeEventListener('abort', cancel));
    } catch (cause) {
      throw new LinkError('broken', cause);
    }
  }

  /** The head of the answer, which has no body. */
  async #ask(path: string, question: unknown): Promise<unknown> {
    await this.#opened.catch((cause: unknown) => Promise.reject(new LinkError('refused', cause)));
    const stream = this.#session.request({ ':method': 'POST', ':path': path });
    stream.end(writeFrame(question));
    const { head } = await readFrame(stream, 0).catch((cause: unknown) =>
      Promise.reject(new LinkError('broken', cause)),
    );
    return head;
  }

  async #call(path: string, head: unknown, body?: Uint8Array, signal?: AbortSignal): Promise<PeerResult> {
    const stream = this.#session.request({ ':method': 'POST', ':path': path }, { ...(signal && { signal }) });
    stream.end(writeFrame(head, body));
    const answer = await readFrame(stream, this.#options.answerLimitBytes);
    return resultMessage.read(answer.head, answer.body);
  }

  async #open(): Promise<Conversation> {
    const limit = this.#options.clock.after(CONNECT_LIMIT_MS, () => {
      if (!this.#isOpen) this.#session.destroy(new Error('no connection in time'), constants.NGHTTP2_CANCEL);
    });
    try {
      return await new Promise<Conversation>((resolve, reject) => {
        this.#session.once('error', reject);
        this.#session.once('close', () => reject(new Error('the connection was closed')));
        this.#session.once('connect', () => {
          this.#session.setLocalWindowSize(WINDOW_BYTES);
          const stream = this.#session.request({ ':method': 'POST', ':path': PEER_PATHS.tickets });
          stream.once('error', reject);
          stream.once('response', (headers) => {
            const there = headers[SESSION_HEADER];
            if (there !== this.#options.session) return reject(new SucceededError(`session ${String(there)} is there`));
            this.#isOpen = true;
            this.#listen(stream);
            this.#keepAlive();
            const carriesRequests = headers[CARRIES_HEADER] === CARRIES_REQUESTS;
            resolve({ writer: new FrameWriter(stream), carriesRequests });
          });
        });
      });
    } finally {
      limit.cancel();
    }
  }

  #listen(stream: ClientHttp2Stream): void {
    const reader = new FrameReader(this.#options.answerLimitBytes);
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk, ({ head, body }) => this.#hear(toFront.read(head, body)));
      } catch (cause) {
        this.#end(cause);
      }
    });
    stream.on('error', (error) => this.#end(error));
    stream.on('close', () => this.#end(new Error('the stream of tickets was closed')));
  }

  #hear(message: ToFront): void {
    if (message.kind === 'completion') return this.#complete(message.ticket, message.completion);
    if (message.kind === 'answer') return this.#calls.answered(message.id, message.result);
    if (message.kind === 'refused') return this.#calls.refused(message.id);
    this.#calls.answered(message.id, this.#call(PEER_PATHS.answer, fetchMessage.head(message.id)));
  }

  /** What was closed here a moment ago may be completed there: nobody waits for it. */
  #complete(ticket: string, completion: RoadCompletion): void {
    const isKnown = this.#tickets.delete(ticket);
    if (!isKnown && this.#running === 0) return;
    if (!isKnown) this.#early.add(ticket);
    this.#options.onCompletion(ticket, completion);
  }

  /**
   * A frozen or cut-off owner sends no reset: pings find out. Whatever comes in shows that it lives, and what came while this
   * server itself stood still is read before the last look.
   */
  #keepAlive(): void {
    if (this.#hasEnded) return;
    const { clock } = this.#options;
    const watch = (heardBytes: number, delayMs: number): Timer =>
      clock.after(delayMs, () => {
        if (this.#hasEnded) return;
        const nowBytes = this.#session.socket.bytesRead;
        if (nowBytes > heardBytes) limit = watch(nowBytes, ALIVE_LIMIT_MS);
        else if (delayMs > LAST_LOOK_MS) limit = watch(nowBytes, LAST_LOOK_MS);
        else this.#end(new Error('the owner does not answer pings'));
      });
    let limit = watch(this.#session.socket.bytesRead, ALIVE_LIMIT_MS);
    this.#session.ping((error) => {
      limit.cancel();
      if (error) return this.#end(error);
      clock.after(ALIVE_EVERY_MS, () => this.#keepAlive());
    });
  }

  #end(cause: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { log, address, onEnd } = this.#options;
    log.info({ address, waiting: this.#tickets.size, reason: reasonOf(cause) }, 'A connection to another server ended');
    this.#session.destroy();
    this.#calls.end(cause instanceof Error ? cause : new Error(reasonOf(cause)));
    const isRefused = (cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED';
    const isSucceeded = cause instanceof SucceededError;
    onEnd({ tickets: [...this.#tickets], wasOpen: this.#isOpen, isRefused, isSucceeded });
    this.#tickets.clear();
  }
}
