/**
 * What goes over a stream between two servers: a head of JSON and bytes after it, each with its length before it. One frame
 * is a request or an answer; the stream that lives as long as a connection is many.
 */
import type { Readable } from 'node:stream';

export interface Frame {
  readonly head: unknown;
  readonly body: Uint8Array;
}

const LENGTHS_BYTES = 8;
const HEAD_LIMIT_BYTES = 256 * 1024;
const COPIED_BYTES = 4 * 1024;

export function writeFrame(head: unknown, body: Uint8Array = new Uint8Array(0)): Buffer {
  const json = Buffer.from(JSON.stringify(head), 'utf8');
  const lengths = Buffer.alloc(LENGTHS_BYTES);
  lengths.writeUInt32BE(json.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, json, body]);
}

/** Cuts what arrives into frames; throws where it is not frames, or one is over `limitBytes`. */
export class FrameReader {
  readonly #limitBytes: number;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True between two frames. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  *push(chunk: Buffer): Iterable<Frame> {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= LENGTHS_BYTES) {
      const start = this.#peek(LENGTHS_BYTES);
      const headLength = start.readUInt32BE(0);
      const bodyLength = start.readUInt32BE(4);
      if (headLength > HEAD_LIMIT_BYTES || bodyLength > this.#limitBytes) throw new Error('a frame is over its limit');
      const whole = LENGTHS_BYTES + headLength + bodyLength;
      if (this.#size < whole) return;
      const frame = this.#take(whole);
      const head: unknown = JSON.parse(frame.toString('utf8', LENGTHS_BYTES, LENGTHS_BYTES + headLength));
      yield { head, body: ownBytes(frame.subarray(LENGTHS_BYTES + headLength)) };
    }
  }

  #peek(length: number): Buffer {
    const [first] = this.#chunks;
    return first !== undefined && first.length >= length ? first : this.#join();
  }

  #take(length: number): Buffer {
    const joined = this.#join();
    this.#size -= length;
    this.#chunks = this.#size === 0 ? [] : [joined.subarray(length)];
    return joined.subarray(0, length);
  }

  #join(): Buffer {
    if (this.#chunks.length === 1) return this.#chunks[0] as Buffer;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}

/** A small body that is kept, of a device that waits, does not keep all that came with it. */
function ownBytes(body: Buffer): Buffer {
  if (body.length > COPIED_BYTES) return body;
  const own = Buffer.allocUnsafeSlow(body.length);
  own.set(body);
  return own;
}

/** The only frame of a stream. Rejects when the stream ends before it is whole. */
export function readFrame(stream: Readable, limitBytes: number): Promise<Frame> {
  const reader = new FrameReader(limitBytes);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown) => reject(new Error(why, { cause }));
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) resolve(frame);
      } catch (cause) {
        stream.destroy();
        fail('what came is no frame', cause);
      }
    });
    stream.on('end', () => fail('the stream ended within a frame'));
    stream.on('error', (cause) => fail('the stream broke', cause));
    stream.on('close', () => fail('the stream was closed within a frame'));
  });
}
