/**
 * One server of a pool in a process of its own, as it is deployed, with wires that a test can look at and cut: to the store,
 * to the mail system, and from the other servers.
 */
import { imageOptions } from '../../bench/standalone/bundle.ts';
import { freePorts } from '../loopback.ts';
import { ImapWire } from '../imap-wire.ts';
import { type Exit, ServerProcess } from '../server-process.ts';
import { StoreProxy } from '../store-proxy.ts';
import { TcpProxy } from '../tcp-proxy.ts';
import type { Effect } from './effects.ts';

/** What lies between a server and the others. */
export type Wire = 'store' | 'mail' | 'peers';

export interface PoolServerOptions {
  readonly name: string;
  /** Of its door. */
  readonly port: number;
  /** Of the server's bundle. */
  readonly main: string;
  /** Of the store. */
  readonly endpoint: string;
  /** Undefined: the settings say where the mail is, and there is no wire to it. */
  readonly imapPort: number | undefined;
  /** By flag; addresses are added. */
  readonly settings: Readonly<Record<string, string>>;
  readonly wires: readonly Wire[];
}

interface Parts {
  readonly name: string;
  readonly process: ServerProcess;
  readonly store: StoreProxy | undefined;
  readonly peers: TcpProxy | undefined;
  readonly mail: ImapWire | undefined;
  readonly address: string;
  readonly administrationPort: number;
  readonly effects: readonly Effect[];
}

export class PoolServer {
  readonly name: string;
  readonly process: ServerProcess;
  /** As others know it. */
  readonly address: string;
  /** Where `/metrics` is. */
  readonly administrationPort: number;
  /** In users' mailboxes, with a wire to the mail system. */
  readonly effects: readonly Effect[];
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.name = parts.name;
    this.process = parts.process;
    this.address = parts.address;
    this.administrationPort = parts.administrationPort;
    this.effects = parts.effects;
  }

  static async start(options: PoolServerOptions): Promise<PoolServer> {
    const { name, port, main, endpoint, imapPort, settings, wires } = options;
    const [peerPort = 0, administrationPort = 0] = await freePorts(2);
    const store = wires.includes('store') ? await StoreProxy.start(endpoint) : undefined;
    const peers = wires.includes('peers') ? await TcpProxy.start('127.0.0.1', peerPort) : undefined;
    const mail = wires.includes('mail') && imapPort !== undefined ? await ImapWire.start(imapPort) : undefined;
    const mailPort = mail?.port ?? imapPort;
    const effects: Effect[] = [];
    if (mail) {
      mail.onDone = (verb, user) => {
        effects.push({ server: name, user, verb, atMs: performance.now() });
        return false;
      };
    }
    const address = `127.0.0.1:${peers?.port ?? peerPort}`;
    const flags = {
      ...settings,
      ...(mailPort !== undefined && { 'mail-port': String(mailPort) }),
      'store-endpoint': store?.endpoint ?? endpoint,
      'pool-peer-host': '127.0.0.1',
      'pool-peer-port': String(peerPort),
      'pool-peer-advertise': address,
      'administration-port': String(administrationPort),
    };
    const process = await ServerProcess.start(flags, undefined, {
      main,
      nodeOptions: imageOptions(main),
      port,
      upPath: '/ready',
    });
    return new PoolServer({ name, process, store, peers, mail, address, administrationPort, effects });
  }

  get port(): number {
    return this.process.port;
  }

  get store(): StoreProxy {
    return wire(this.#parts.store);
  }

  get peers(): TcpProxy {
    return wire(this.#parts.peers);
  }

  kill(): Promise<Exit> {
    return this.process.end('SIGKILL');
  }

  /** As an orchestrator stops it: SIGTERM. */
  async drain(): Promise<void> {
    const { code, signal } = await this.process.end('SIGTERM');
    if (code !== 0) throw new Error(`${this.name} ended with ${code ?? signal}: ${this.process.lines.join('\n')}`);
  }

  freeze(): void {
    this.process.signal('SIGSTOP');
  }

  thaw(): void {
    this.process.signal('SIGCONT');
  }

  async remove(): Promise<void> {
    if (this.process.isRunning) this.thaw();
    await this.process.remove();
    await this.#parts.peers?.stop();
    await this.#parts.store?.close();
    await this.#parts.mail?.stop();
  }
}

function wire<T>(there: T | undefined): T {
  if (there === undefined) throw new Error('the server was started without this wire');
  return there;
}
