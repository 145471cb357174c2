/** What a load balancer is between itself and a server: TLS, with whatever certificate the server has made for itself. */
import { createServer, type Server, type Socket } from 'node:net';
import { connect } from 'node:tls';

export class TlsHop {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((plain) => {
      const encrypted = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
      for (const [from, to] of [
        [plain, encrypted],
        [encrypted, plain],
      ] as const) {
        this.#sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  /** To what speaks TLS on that port. */
  static async start(port: number): Promise<TlsHop> {
    const hop = new TlsHop(port);
    await new Promise<void>((resolve) => hop.#server.listen(0, '127.0.0.1', resolve));
    return hop;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
