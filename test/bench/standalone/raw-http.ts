/**
 * A bare HTTP/1.1 client, so that what is measured is the server: one connection, one request at a time, answers with a
 * Content-Length, nothing decoded.
 */
import { connect, type Socket } from 'node:net';

const HEAD_END = '\r\n\r\n';
const NO_BYTES = Buffer.alloc(0);

export interface RawAnswer {
  readonly status: number;
  readonly isGzip: boolean;
  readonly body: Buffer;
}

export class RawHttp {
  readonly #socket: Socket;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Of the whole answer, once its head is there. */
  #expected: number | undefined;
  #bodyAt = 0;
  #head = '';
  #waiting: { readonly resolve: (answer: RawAnswer) => void; readonly reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#waiting?.reject(error));
    socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** Rejects where nobody listens. */
  static async connect(port: number): Promise<RawHttp> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new RawHttp(socket);
  }

  send(request: Uint8Array): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#expected === undefined) {
      const bytes = Buffer.concat(this.#chunks);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) return;
      this.#chunks = [bytes];
      this.#head = bytes.toString('latin1', 0, end + 2);
      this.#bodyAt = end + HEAD_END.length;
      this.#expected = this.#bodyAt + Number(/\r\ncontent-length: *(\d+)/i.exec(this.#head)?.[1] ?? 0);
    }
    if (this.#size < this.#expected) return;
    const bytes = this.#chunks.length === 1 ? chunkOf(this.#chunks) : Buffer.concat(this.#chunks);
    const waiting = this.#waiting;
    const answer: RawAnswer = {
      status: Number(this.#head.slice(9, 12)),
      isGzip: /\r\ncontent-encoding: *gzip/i.test(this.#head),
      body: bytes.subarray(this.#bodyAt, this.#expected),
    };
    this.#chunks = [];
    this.#size = 0;
    this.#expected = undefined;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }
}

const chunkOf = (chunks: readonly Buffer[]): Buffer => chunks[0] ?? NO_BYTES;

export interface DeviceRequest {
  readonly command: 'Sync' | 'Ping';
  readonly user: string;
  readonly password: string;
  readonly deviceId: string;
  readonly body: Uint8Array;
  readonly acceptsGzip?: boolean;
}

/** A device's request, the raw bytes of HTTP. */
export function requestBytes({ command, user, password, deviceId, body, acceptsGzip }: DeviceRequest): Buffer {
  const head = [
    `POST /Microsoft-Server-ActiveSync?Cmd=${command}&User=${user}&DeviceId=${deviceId}&DeviceType=Caravan HTTP/1.1`,
    'Host: bench',
    `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    'MS-ASProtocolVersion: 16.1',
    ...(acceptsGzip ? ['Accept-Encoding: gzip'] : []),
    'Content-Type: application/vnd.ms-sync.wbxml',
    `Content-Length: ${body.length}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}${HEAD_END}`), body]);
}
