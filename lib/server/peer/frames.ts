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
const NO_BYTES = new Uint8Array(0);

export function writeFrame(head: unknown, body: Uint8Array = NO_BYTES): Buffer {
  const json = JSON.stringify(head);
  const headLength = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(LENGTHS_BYTES + headLength + body.length);
  frame.writeUInt32BE(headLength, 0);
  frame.writeUInt32BE(body.length, 4);
  frame.write(json, LENGTHS_BYTES, 'utf8');
  frame.set(body, LENGTHS_BYTES + headLength);
  return frame;
}

/** Cuts what arrives into frames; throws where it is not frames, or one is over `limitBytes`. */
export class FrameReader {
  readonly #limitBytes: number;
  /** Of a frame that is not whole yet. */
  #chunks: Buffer[] = [];
  #size = 0;
  /** How many bytes there must be to go on. */
  #wanted = LENGTHS_BYTES;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** True between two frames. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** `take` is called for each frame that is whole now; what it throws goes to the caller. */
  push(chunk: Buffer, take: (frame: Frame) => void): void {
    this.#size += chunk.length;
    if (this.#size < this.#wanted) {
      this.#chunks.push(chunk);
      return;
    }
    const bytes = this.#chunks.length === 0 ? chunk : Buffer.concat([...this.#chunks, chunk]);
    let at = 0;
    this.#wanted = LENGTHS_BYTES;
    while (bytes.length - at >= LENGTHS_BYTES) {
      const headLength = bytes.readUInt32BE(at);
      const bodyLength = bytes.readUInt32BE(at + 4);
      if (headLength > HEAD_LIMIT_BYTES || bodyLength > this.#limitBytes) throw new Error('a frame is over its limit');
      const whole = LENGTHS_BYTES + headLength + bodyLength;
      if (bytes.length - at < whole) {
        this.#wanted = whole;
        break;
      }
      const bodyAt = at + LENGTHS_BYTES + headLength;
      const head: unknown = JSON.parse(bytes.toString('utf8', at + LENGTHS_BYTES, bodyAt));
      at += whole;
      take({ head, body: ownBytes(bytes.subarray(bodyAt, at)) });
    }
    this.#size = bytes.length - at;
    this.#chunks = this.#size === 0 ? [] : [bytes.subarray(at)];
  }
}

/** A small body that is kept, of a device that waits, does not keep all that came with it. */
function ownBytes(body: Buffer): Uint8Array {
  if (body.length === 0) return NO_BYTES;
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
        reader.push(chunk, resolve);
      } catch (cause) {
        stream.destroy();
        fail('what came is no frame', cause);
      }
    });
    stream.on('end', () => fail('it ended before a whole answer came'));
    stream.on('error', (cause) => fail('the stream broke', cause));
    stream.on('close', () => fail('it was closed before a whole answer came'));
  });
}
