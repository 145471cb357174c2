/** A request and a response of node:http as far as the door looks at them, without sockets. */
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

export interface HttpRequest {
  readonly method: 'OPTIONS' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body: Uint8Array;
}

export function incoming({ method, url, headers, body }: HttpRequest): IncomingMessage {
  const stream = new Readable({
    read() {
      if (body.length > 0) this.push(body);
      this.push(null);
    },
  });
  const lowerCase = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return Object.assign(stream, { method, url, headers: lowerCase, complete: true }) as unknown as IncomingMessage;
}

export class SimulatedResponse extends EventEmitter {
  destroyed = false;
  headersSent = false;
  readonly #headers: Record<string, string | number> = {};
  #status = 200;
  readonly #answered: (answer: HttpAnswer) => void;

  constructor(answered: (answer: HttpAnswer) => void) {
    super();
    this.#answered = answered;
  }

  get asResponse(): ServerResponse {
    return this as unknown as ServerResponse;
  }

  setHeader(name: string, value: string): void {
    this.#headers[name.toLowerCase()] = value;
  }

  writeHead(status: number, headers: Readonly<Record<string, string | number>> = {}): void {
    this.headersSent = true;
    this.#status = status;
    for (const [name, value] of Object.entries(headers)) this.#headers[name.toLowerCase()] = value;
  }

  end(body: Uint8Array | string = new Uint8Array()): void {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    this.#answered({ status: this.#status, headers: this.#headers, body: bytes });
    this.emit('close');
  }

  /** The device has hung up. */
  hangUp(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}
