/**
 * The owner's end of the stream that lives as long as a front's connection: runs the small requests that come over it, side by
 * side, and sends answers and completions back. When it ends, nobody waits for any of them.
 */
import type { Duplex } from 'node:stream';
import { type Log, reasonOf } from '../../platform/index.ts';
import type { Front } from '../activesync/owner-road.ts';
import type { RoadCompletion, RoadRequest } from '../activesync/road.ts';
import { hungUp } from '../errors.ts';
import { SMALL_BODY_BYTES, toFront, toOwner } from './conversation-messages.ts';
import { FrameWriter } from './frame-writer.ts';
import { FrameReader } from './frames.ts';
import { type Addressed, completionMessage, executeMessage, type PeerResult, resultMessage } from './peer-messages.ts';
import type { PeerService } from './peer-listener.ts';

export interface ConversationOptions {
  readonly service: PeerService;
  /** Of requests that run at once over this stream. */
  readonly mostRunning: number;
  /** What came is none of the protocol's. */
  readonly onRefused: (thrown: unknown) => void;
  readonly log: Log;
}

export class Conversation implements Front {
  readonly #options: ConversationOptions;
  readonly #writer: FrameWriter;
  readonly #tickets = new Set<string>();
  readonly #running = new Map<number, AbortController>();
  /** Answers that are yet to be fetched. */
  readonly #large = new Map<number, PeerResult>();
  /** Numbers only rise: one that came before is a repetition. */
  #lastId = 0;
  #isGone = false;

  constructor(stream: Duplex, options: ConversationOptions) {
    this.#options = options;
    this.#writer = new FrameWriter(stream);
    const reader = new FrameReader(SMALL_BODY_BYTES);
    stream.on('data', (chunk: Buffer) => {
      try {
        reader.push(chunk, ({ head, body }) => this.#read(head, body));
      } catch (thrown) {
        options.onRefused(thrown);
      }
    });
    stream.once('close', () => this.#end());
  }

  complete(ticket: string, completion: RoadCompletion): void {
    this.#tickets.delete(ticket);
    const body = completion.kind === 'reply' ? completion.body : undefined;
    this.#writer.write(completionMessage.head(ticket, completion), body);
  }

  /** For the front at the other end, whichever stream the request came over. `signal`: nobody needs the answer any more. */
  async run(request: RoadRequest, to: Addressed, signal: AbortSignal): Promise<PeerResult> {
    const { service } = this.#options;
    const result = await service.execute(request, to, this, signal);
    if (result.kind !== 'wait') return result;
    if (this.#isGone || signal.aborted) service.closeTicket(result.ticket);
    else this.#tickets.add(result.ticket);
    return result;
  }

  /** The front does not wait for it any more. */
  closeTicket(ticket: string): void {
    this.#tickets.delete(ticket);
    this.#options.service.closeTicket(ticket);
  }

  /** Throws where there is none with this number, or it was taken. */
  takeLarge(id: number): PeerResult {
    const result = this.#large.get(id);
    if (!result) throw new Error(`no answer to request ${id} is to be fetched`);
    this.#large.delete(id);
    return result;
  }

  #read(head: unknown, body: Uint8Array): void {
    const message = toOwner.read(head, body);
    if (message.kind === 'close') return this.closeTicket(message.ticket);
    // One that has its answer is none of our business any more.
    if (message.kind === 'cancel') return this.#running.get(message.id)?.abort(hungUp());
    const { id } = message;
    if (id <= this.#lastId) throw new Error(`request ${id} came a second time`);
    if (this.#running.size >= this.#options.mostRunning) throw new Error('more requests than are allowed run at once');
    this.#lastId = id;
    void this.#call(id, message.head, body);
  }

  async #call(id: number, head: unknown, body: Uint8Array): Promise<void> {
    const controller = new AbortController();
    this.#running.set(id, controller);
    try {
      const { request, to } = executeMessage.read(head, body);
      const result = await this.run(request, to, controller.signal);
      const answer = resultMessage.body(result);
      if ((answer?.length ?? 0) <= SMALL_BODY_BYTES) return this.#writer.write(toFront.answer(id, result), answer);
      this.#large.set(id, result);
      this.#writer.write(toFront.large(id));
    } catch (thrown) {
      this.#options.log.warn({ reason: reasonOf(thrown) }, REFUSED);
      this.#writer.write(toFront.refused(id));
    } finally {
      this.#running.delete(id);
    }
  }

  /** The front is gone: its devices will come again, by another front. */
  #end(): void {
    this.#isGone = true;
    for (const ticket of this.#tickets) this.#options.service.closeTicket(ticket);
    this.#tickets.clear();
    for (const controller of this.#running.values()) controller.abort(hungUp());
    this.#large.clear();
  }
}

export const REFUSED = 'A request of another server could not be read, and was refused';
