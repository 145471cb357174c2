/** HTTP by hand: any bytes down a socket, and whatever answers come back, in order. */
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export class RawConnection {
  readonly socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #isClosed = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A reset is one of the ends that a test expects: `response` gives undefined then.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawConnection> {
    const socket = connect({ port, host, allowHalfOpen: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  write(bytes: string | Uint8Array): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  /** The next final response; undefined if the connection was closed instead. Rejects after `limitMs`. */
  async response(limitMs = 10_000): Promise<RawResponse | undefined> {
    const until = performance.now() + limitMs;
    for (;;) {
      const taken = this.#take();
      if (taken && taken.status >= 200) return taken;
      if (taken) continue;
      if (this.#isClosed || this.socket.readableEnded) return undefined;
      await this.#news(until, 'no answer');
    }
  }

  /** Resolves when the other side has closed. Rejects after `limitMs`. */
  async closed(limitMs = 10_000): Promise<void> {
    const until = performance.now() + limitMs;
    this.socket.once('end', () => this.#wake());
    while (!this.#isClosed && !this.socket.readableEnded) await this.#news(until, 'not closed');
  }

  destroy(): void {
    this.socket.destroy();
  }

  #news(until: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} in time`)), Math.max(0, until - performance.now()));
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve();
      };
      this.socket.once('end', () => this.#wake());
    });
  }

  #take(): RawResponse | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [first = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const status = Number(first.split(' ')[1]);
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(':', 1)[0]?.toLowerCase() ?? '', line.slice(line.indexOf(':') + 1).trim()]),
    );
    const rest = this.#received.subarray(end + 4);
    const length = headers['content-length'];
    if (length !== undefined || status < 200) {
      const size = Number(length ?? 0);
      if (rest.length < size) return undefined;
      this.#received = rest.subarray(size);
      return { status, headers, body: rest.subarray(0, size) };
    }
    const taken = headers['transfer-encoding'] === 'chunked' ? dechunk(rest) : undefined;
    if (taken) {
      this.#received = taken.rest;
      return { status, headers, body: taken.body };
    }
    // Without a length the body ends with the connection.
    if (headers['transfer-encoding'] === 'chunked' || !(this.#isClosed || this.socket.readableEnded)) return undefined;
    this.#received = Buffer.alloc(0);
    return { status, headers, body: rest };
  }
}

function dechunk(bytes: Buffer): { readonly body: Buffer; readonly rest: Buffer } | undefined {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    const next = end + 2 + size + 2;
    if (bytes.length < next) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), rest: bytes.subarray(next) };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = next;
  }
}

/** A request's head and body as text; `Content-Length` is added unless `headers` has one or is chunked. */
export function rawRequest(
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  body: string | Uint8Array = '',
): Buffer {
  const names = Object.keys(headers).map((it) => it.toLowerCase());
  const bytes = Buffer.from(body);
  const own =
    names.includes('content-length') || names.includes('transfer-encoding') ? [] : [`Content-Length: ${bytes.length}`];
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: localhost', ...own];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}
