/**
 * Frames onto a stream that lives long: those of one turn of the event loop go in one write, since each write of HTTP/2 is a
 * record of TLS and a call of the system's.
 */
import type { Writable } from 'node:stream';
import { writeFrame } from './frames.ts';

export class FrameWriter {
  readonly #stream: Writable;
  #frames: Buffer[] = [];

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** True where the other side takes less than it is sent: what can wait should go another way. */
  get isCrowded(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** In the order of the calls. What the stream cannot take any more is dropped: its end is told by its events. */
  write(head: unknown, body?: Uint8Array): void {
    if (this.#frames.push(writeFrame(head, body)) === 1) setImmediate(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    if (this.#stream.destroyed) return;
    this.#stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }
}
