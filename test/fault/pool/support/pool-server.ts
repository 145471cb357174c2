/**
 * One server of a pool in a process of its own, with a wire on every side that a test can cut: to the store, to the mail
 * system, and from the other servers.
 */
import { ImapWire } from '../../../support/imap-wire.ts';
import { freePorts } from '../../../support/dovecot.ts';
import { type Exit, ServerProcess } from '../../../support/server-process.ts';
import { StoreProxy } from '../../../support/store-proxy.ts';
import { TcpProxy } from '../../../support/tcp-proxy.ts';

export interface PoolServerOptions {
  readonly name: string;
  /** Of its door. */
  readonly port: number;
  /** Of the server's bundle. */
  readonly main: string;
  /** Of the store. */
  readonly endpoint: string;
  readonly imapPort: number;
  /** By flag; the wires' addresses are added. `mail-port` is the wire's. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Something that a server did in a user's mailbox. */
export interface Effect {
  readonly server: string;
  readonly user: string;
  readonly verb: string;
  readonly atMs: number;
}

export class PoolServer {
  readonly name: string;
  readonly process: ServerProcess;
  readonly store: StoreProxy;
  readonly peers: TcpProxy;
  /** As others know it. */
  readonly address: string;
  readonly effects: readonly Effect[];
  readonly #wire: ImapWire;

  private constructor(
    name: string,
    parts: { process: ServerProcess; store: StoreProxy; peers: TcpProxy; wire: ImapWire; effects: readonly Effect[] },
  ) {
    this.name = name;
    this.process = parts.process;
    this.store = parts.store;
    this.peers = parts.peers;
    this.#wire = parts.wire;
    this.effects = parts.effects;
    this.address = `127.0.0.1:${this.peers.port}`;
  }

  static async start({ name, port, main, endpoint, imapPort, settings }: PoolServerOptions): Promise<PoolServer> {
    const [peerPort] = await freePorts(1);
    const store = await StoreProxy.start(endpoint);
    const peers = await TcpProxy.start('127.0.0.1', peerPort as number);
    const wire = await ImapWire.start(imapPort);
    const effects: Effect[] = [];
    wire.onDone = (verb, user) => {
      effects.push({ server: name, user, verb, atMs: performance.now() });
      return false;
    };
    const flags = {
      ...settings,
      'mail-port': String(wire.port),
      'store-endpoint': store.endpoint,
      'pool-peer-host': '127.0.0.1',
      'pool-peer-port': String(peerPort),
      'pool-peer-advertise': `127.0.0.1:${peers.port}`,
    };
    const process = await ServerProcess.start(flags, undefined, { main, port, upPath: '/ready' });
    return new PoolServer(name, { process, store, peers, wire, effects });
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
    await this.peers.stop();
    await this.store.close();
    await this.#wire.stop();
  }
}
