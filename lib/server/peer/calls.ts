/**
 * Requests of a front that run at the owner over one stream, each by its number: which of them are without an answer, and
 * whose answer an incoming one is. No input or output.
 */
import type { PeerResult } from './peer-messages.ts';

interface Call {
  readonly resolve: (result: PeerResult) => void;
  readonly reject: (cause: Error) => void;
}

export class Calls {
  readonly #running = new Map<number, Call>();
  #last = 0;
  #ended: Error | undefined;

  get size(): number {
    return this.#running.size;
  }

  /** The next number, higher than all before it; `answer` rejects when the stream ends before it came. */
  open(): { readonly id: number; readonly answer: Promise<PeerResult> } {
    const id = ++this.#last;
    const answer = new Promise<PeerResult>((resolve, reject) => {
      if (this.#ended) reject(this.#ended);
      else this.#running.set(id, { resolve, reject });
    });
    return { id, answer };
  }

  /** Throws where no request with this number runs: the other side does not keep to the protocol. */
  answered(id: number, result: PeerResult | Promise<PeerResult>): void {
    this.#take(id).resolve(result as PeerResult);
  }

  /** The owner could not read it. */
  refused(id: number): void {
    this.#take(id).reject(new Error('the owner could not read the request'));
  }

  /** Nothing comes any more. */
  end(cause: Error): void {
    this.#ended = cause;
    for (const { reject } of this.#running.values()) reject(cause);
    this.#running.clear();
  }

  #take(id: number): Call {
    const call = this.#running.get(id);
    if (!call) throw new Error(`an answer came to request ${id}, which is not under way`);
    this.#running.delete(id);
    return call;
  }
}
