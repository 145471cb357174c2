/**
 * Frames onto a stream that lives long: those that arise together go in one write, each of which is work for HTTP/2. What is written
 * while the event loop looks at other sockets goes out in one record of TLS by itself.
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
    if (this.#frames.push(writeFrame(head, body)) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const frames = this.#frames;
    this.#frames = [];
    if (this.#stream.destroyed) return;
    this.#stream.write(frames.length === 1 ? frames[0] : Buffer.concat(frames));
  }
}
