/** Reads responses of ManageSieve (RFC 5804, section 4) off a socket: lines of strings, literals and atoms, ended by OK, NO or BYE. */
import type { Socket } from 'node:net';

export type SieveValue = string;

export interface SieveResponse {
  readonly lines: readonly (readonly SieveValue[])[];
  /** The server's words after NO or BYE. */
  readonly refusal: string | undefined;
}

/** No script of a person is larger. */
const MAX_BYTES = 4 * 1024 * 1024;
const LITERAL = /^\{(\d+)\+?\}$/;

export class SieveReader {
  readonly #socket: Socket;
  #buffer = Buffer.alloc(0);
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  readonly #onData = (chunk: Buffer) => {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    if (this.#buffer.length > MAX_BYTES) this.#fail(new Error(`an answer of more than ${MAX_BYTES} bytes`));
    this.#wake?.();
  };
  readonly #fail = (error: Error) => {
    this.#error ??= error;
    this.#wake?.();
  };
  readonly #onClose = () => this.#fail(new Error('the connection was closed'));

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', this.#onData).on('error', this.#fail).on('close', this.#onClose);
  }

  /** Takes its hands off the socket, which another is to read: what it has read beyond the last answer is not trusted. */
  release(): void {
    this.#socket.off('data', this.#onData).off('error', this.#fail).off('close', this.#onClose);
    this.#buffer = Buffer.alloc(0);
  }

  async response(): Promise<SieveResponse> {
    const lines: SieveValue[][] = [];
    for (;;) {
      const values = await this.#line();
      const [first = '', ...rest] = values;
      const verb = first.toUpperCase();
      if (verb === 'OK') return { lines, refusal: undefined };
      if (verb === 'NO' || verb === 'BYE') return { lines, refusal: rest.at(-1) ?? verb };
      lines.push(values);
    }
  }

  /** One line with the literals that belong to it. */
  async #line(): Promise<SieveValue[]> {
    const values: SieveValue[] = [];
    for (;;) {
      const text = await this.#until('\r\n');
      const parts = text.match(/"(?:[^"\\]|\\.)*"|\([^)]*\)|\S+/g) ?? [];
      const literal = LITERAL.exec(parts.at(-1) ?? '')?.[1];
      values.push(...(literal === undefined ? parts : parts.slice(0, -1)).map(unquoted));
      if (literal === undefined) return values;
      values.push(await this.#bytes(Number(literal)));
    }
  }

  async #until(end: string): Promise<string> {
    for (;;) {
      const at = this.#buffer.indexOf(end);
      if (at >= 0) return this.#take(at, end.length);
      await this.#more();
    }
  }

  async #bytes(count: number): Promise<string> {
    if (count > MAX_BYTES) throw new Error(`a literal of ${count} bytes`);
    while (this.#buffer.length < count) await this.#more();
    return this.#take(count, 0);
  }

  #take(length: number, skipped: number): string {
    const text = this.#buffer.subarray(0, length).toString('utf8');
    this.#buffer = this.#buffer.subarray(length + skipped);
    return text;
  }

  async #more(): Promise<void> {
    if (this.#error) throw this.#error;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

const unquoted = (value: string): string =>
  value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
