/** Lies between a client and an HTTP server on loopback, passes on what it does not refuse, and counts what is asked. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export class HttpCounter {
  /** In the order of arrival: `PROPFIND /ada/`. */
  readonly asked: string[] = [];
  /** Asked and not answered yet. */
  underWay = 0;
  /** The status of what the server is not asked for. */
  refuses: (method: string, path: string) => number | undefined = () => undefined;
  /** What becomes of the bodies of answers; undefined: they are passed on as they are. */
  rewrites: ((body: string) => string) | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(target: string): Promise<HttpCounter> {
    const { hostname, port } = new URL(target);
    const holder: { counter?: HttpCounter } = {};
    const server = createServer((incoming, outgoing) => {
      const { counter } = holder;
      if (!counter) return void outgoing.destroy();
      counter.asked.push(`${incoming.method} ${incoming.url}`);
      counter.underWay++;
      outgoing.once('close', () => counter.underWay--);
      const { method, url: path, headers } = incoming;
      const refusal = counter.refuses(method ?? '', path ?? '');
      if (refusal !== undefined) {
        incoming.resume();
        return void outgoing.writeHead(refusal).end();
      }
      const { rewrites } = counter;
      if (rewrites) delete headers['accept-encoding'];
      const onward = request({ hostname, port, method, path, headers }, (answer) => {
        if (rewrites) return void passRewritten(answer, outgoing, rewrites);
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.destroy());
      incoming.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (holder.counter = new HttpCounter(server));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Of these methods; default of all. */
  count(...methods: readonly string[]): number {
    const isWanted = (line: string) => methods.length === 0 || methods.some((it) => line.startsWith(`${it} `));
    return this.asked.filter(isWanted).length;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }
}

async function passRewritten(answer: IncomingMessage, outgoing: ServerResponse, rewrites: (body: string) => string) {
  const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
  const chunks = await answer.toArray();
  outgoing.writeHead(answer.statusCode ?? 502, headers).end(rewrites(Buffer.concat(chunks).toString()));
}
