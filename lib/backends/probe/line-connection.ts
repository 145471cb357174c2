/** A connection to a server that speaks in lines (IMAP, SMTP), in clear or by TLS, for a few questions before anybody signs in. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { TlsMode } from '../imap/configuration.ts';
import type { Finding } from './finding.ts';

export interface LineServer {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsMode;
  readonly checkCertificates: boolean;
  readonly certificateAuthorities?: string | undefined;
}

const DAY_MS = 86_400_000;
const SOON_DAYS = 14;
const LONGEST_LINE = 65_536;

export class LineConnection {
  #socket: Socket;
  readonly #server: LineServer;
  readonly #timeoutMs: number;
  #rest = '';
  #lines: string[] = [];
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;
  #ended: Error | undefined;

  private constructor(socket: Socket, server: LineServer, timeoutMs: number) {
    this.#socket = socket;
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.#listen();
  }

  /** Throws what the socket failed with. */
  static async open(server: LineServer, timeoutMs: number): Promise<LineConnection> {
    const { host, port } = server;
    const socket = server.tls === 'implicit' ? connectTls(tlsOptions(server)) : connectPlain({ host, port });
    await ready(socket, server.tls === 'implicit' ? 'secureConnect' : 'connect', timeoutMs);
    return new LineConnection(socket, server, timeoutMs);
  }

  async line(): Promise<string> {
    const known = this.#lines.shift();
    if (known !== undefined) return known;
    if (this.#ended) throw this.#ended;
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  /** Lines up to the one that `isLast`. */
  async linesUntil(isLast: (line: string) => boolean): Promise<readonly string[]> {
    const lines: string[] = [];
    do lines.push(await this.line());
    while (!isLast(lines.at(-1) ?? ''));
    return lines;
  }

  write(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** After the server has agreed to it. */
  async startTls(): Promise<void> {
    const plain = this.#socket;
    plain.removeAllListeners();
    const socket = connectTls({ ...tlsOptions(this.#server), socket: plain });
    await ready(socket, 'secureConnect', this.#timeoutMs);
    // What came in clear before is nobody's word any more.
    [this.#rest, this.#lines] = ['', []];
    this.#socket = socket;
    this.#listen();
  }

  /** How it is encrypted, as far as it is. `now`: wall clock, in milliseconds. */
  encryption(now: number): Finding {
    const socket = this.#socket as Partial<TLSSocket>;
    if (socket.getProtocol === undefined)
      return {
        level: 'mind',
        what: 'nothing is encrypted',
        why: 'passwords pass in clear: for trusted networks alone',
      };
    const { valid_to: until = '' } = socket.getPeerCertificate?.() ?? {};
    const days = Math.floor((Date.parse(until) - now) / DAY_MS);
    const what = `${socket.getProtocol() ?? 'TLS'}, its certificate is valid for ${days} days`;
    if (!this.#server.checkCertificates)
      return { level: 'mind', what, why: 'verifyCertificate is off: anybody could pass for the server' };
    if (days < SOON_DAYS) return { level: 'mind', what, why: 'it ends soon', remedy: 'Have it renewed.' };
    return { level: 'works', what };
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    this.#socket.setTimeout(this.#timeoutMs, () => this.#fail(new Error(`no answer in ${this.#timeoutMs} ms`)));
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk.toString('latin1')));
    this.#socket.on('error', (error) => this.#fail(error));
    this.#socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LONGEST_LINE) return this.#fail(new Error('the server does not speak in lines'));
    this.#lines.push(...lines.map((line) => line.replace(/\r$/, '')));
    const waiting = this.#waiting;
    const next = waiting === undefined ? undefined : this.#lines.shift();
    if (next === undefined) return;
    this.#waiting = undefined;
    waiting?.resolve(next);
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.reject(error);
    this.#waiting = undefined;
    this.#socket.destroy();
  }
}

const tlsOptions = ({ host, port, checkCertificates, certificateAuthorities: ca }: LineServer) => ({
  host,
  port,
  // Of an address there is no name to ask for.
  ...(!/^[\d.:]+$/.test(host) && { servername: host }),
  rejectUnauthorized: checkCertificates,
  ...(ca !== undefined && { ca }),
});

function ready(socket: Socket, event: 'connect' | 'secureConnect', timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => fail(new Error(`no connection in ${timeoutMs} ms`)));
    socket.once('error', fail);
    socket.once(event, () => {
      socket.removeListener('error', fail);
      socket.setTimeout(0);
      resolve();
    });
  });
}
