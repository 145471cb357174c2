/** A connection to a ManageSieve server (RFC 5804), for as long as a few commands take. */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { reasonOf } from '../../platform/index.ts';
import { BackendError } from '../errors.ts';
import { SieveReader, type SieveValue } from './sieve-reader.ts';

export interface ManageSieveOptions {
  readonly host: string;
  readonly port: number;
  /** `starttls`: never without it; `none`: in clear, for loopback and trusted networks. */
  readonly tls: 'starttls' | 'none';
  readonly checkCertificates: boolean;
  readonly certificateAuthorities?: string;
  /** `authorizeAs`: whose scripts they are, where a master user signs in (SASL authorization identity). */
  readonly credentials: { readonly userName: string; readonly password: string; readonly authorizeAs?: string };
  readonly timeoutMs: number;
}

export interface SieveScript {
  readonly name: string;
  readonly isActive: boolean;
}

export class ManageSieve {
  readonly #options: ManageSieveOptions;
  #socket: Socket;
  #reader: SieveReader;
  /** What the server told of its Sieve: `vacation`, `include`, … */
  #extensions: ReadonlySet<string> = new Set();

  private constructor(options: ManageSieveOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
    this.#reader = new SieveReader(socket);
  }

  /** Runs `work` on a signed-in connection. Throws BackendError: `unavailable`, `rejected-credentials`. */
  static async use<T>(options: ManageSieveOptions, work: (connection: ManageSieve) => Promise<T>): Promise<T> {
    const socket = connectPlain({ host: options.host, port: options.port });
    socket.setTimeout(options.timeoutMs, () => socket.destroy(new Error(`no answer in ${options.timeoutMs} ms`)));
    const connection = new ManageSieve(options, socket);
    try {
      await connection.#begin();
      const result = await work(connection);
      connection.#socket.write('LOGOUT\r\n');
      return result;
    } catch (cause) {
      if (cause instanceof BackendError) throw cause;
      throw new BackendError(
        'unavailable',
        `The Sieve server ${options.host}:${options.port} does not answer as it should`,
        {
          why: reasonOf(cause),
          remedy: 'Check that it is up and that mail.sieve has its host, port and TLS.',
          cause,
        },
      );
    } finally {
      connection.#socket.destroy();
      socket.destroy();
    }
  }

  has(extension: string): boolean {
    return this.#extensions.has(extension);
  }

  async scripts(): Promise<readonly SieveScript[]> {
    const lines = await this.#command('LISTSCRIPTS');
    return lines.map(([name, active]) => ({ name: name ?? '', isActive: active?.toUpperCase() === 'ACTIVE' }));
  }

  async script(name: string): Promise<string> {
    const [[content] = []] = await this.#command(`GETSCRIPT ${quoted(name)}`);
    return content ?? '';
  }

  /** Replaces the script of that name. The server refuses what it does not understand. */
  async put(name: string, content: string): Promise<void> {
    const bytes = Buffer.from(content, 'utf8');
    await this.#command(`PUTSCRIPT ${quoted(name)} {${bytes.length}+}\r\n${content}`);
  }

  /** '' makes none active. */
  async activate(name: string): Promise<void> {
    await this.#command(`SETACTIVE ${quoted(name)}`);
  }

  async #begin(): Promise<void> {
    const { credentials, tls, host, checkCertificates, certificateAuthorities } = this.#options;
    await this.#capabilities();
    if (tls === 'starttls') {
      await this.#command('STARTTLS');
      this.#reader.release();
      const secure = connectTls({
        socket: this.#socket,
        servername: /^[\d.:]+$/.test(host) ? '' : host,
        rejectUnauthorized: checkCertificates,
        ...(certificateAuthorities !== undefined && { ca: certificateAuthorities }),
      });
      this.#socket = secure;
      this.#reader = new SieveReader(secure);
      await this.#capabilities();
    }
    const { userName, password, authorizeAs = '' } = credentials;
    const initial = Buffer.from(`${authorizeAs}\0${userName}\0${password}`).toString('base64');
    const refused = await this.#try(`AUTHENTICATE "PLAIN" ${quoted(initial)}`);
    if (refused !== undefined) {
      throw new BackendError('rejected-credentials', 'The Sieve server refused the password', {
        why: refused,
        remedy:
          authorizeAs === '' ? 'Log in again with the new password.' : 'Check the master user in the configuration.',
      });
    }
  }

  async #capabilities(): Promise<void> {
    const { lines } = await this.#reader.response();
    const sieve = lines.find(([name]) => name?.toUpperCase() === 'SIEVE')?.[1];
    this.#extensions = new Set((sieve ?? '').toLowerCase().split(/\s+/));
  }

  /** The data lines. Throws if it was refused. */
  async #command(line: string): Promise<readonly (readonly SieveValue[])[]> {
    this.#socket.write(`${line}\r\n`);
    const { lines, refusal } = await this.#reader.response();
    if (refusal !== undefined) throw new Error(refusal);
    return lines;
  }

  /** Why it was refused; undefined if it was not. */
  async #try(line: string): Promise<string | undefined> {
    this.#socket.write(`${line}\r\n`);
    return (await this.#reader.response()).refusal;
  }
}

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`;
