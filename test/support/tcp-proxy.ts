/** A wire between client and server that a test can cut or freeze: frozen, it stays open and carries nothing. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export class TcpProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isFrozen = false;

  private constructor(host: string, port: number, delayMs: number) {
    this.#server = createServer((client) => {
      const upstream = connect({ host, port });
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (chunk: Buffer) => {
          if (this.#isFrozen) return;
          if (delayMs === 0) return void to.write(chunk);
          setTimeout(() => to.destroyed || to.write(chunk), delayMs);
        });
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          // What is under way arrives first.
          if (delayMs === 0) to.destroy();
          else setTimeout(() => to.destroy(), delayMs);
        });
      }
    });
  }

  /** `delayMs` each way; default 0. */
  static async start(host: string, port: number, delayMs = 0): Promise<TcpProxy> {
    const proxy = new TcpProxy(host, port, delayMs);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  /** Connections so far stay open and say nothing more, as when a network forgets them; `thaw` lets new bytes pass. */
  freeze(): void {
    this.#isFrozen = true;
  }

  thaw(): void {
    this.#isFrozen = false;
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
