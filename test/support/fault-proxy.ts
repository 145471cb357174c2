/**
 * Stands between devices and a server and breaks exchanges where a test wants them broken. It reads just enough of HTTP to
 * know where requests and answers begin and end.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface ProxiedRequest {
  /** `Sync`, `Ping`, … of a plain query; the method where there is none. */
  readonly command: string;
  /** The `User` of the query. */
  readonly user: string;
  /** Head and body, as the device sent them. */
  readonly bytes: Buffer;
}

/** Where the exchange breaks; the device's connection is reset there. */
export interface Fault {
  readonly at: /** Nothing reaches the server. */
    | 'request'
    /** The server has the whole request; the connection stays as long as the server keeps it. */
    | 'forwarded'
    /** The first byte of the answer has come and is not passed on. */
    | 'first-byte'
    /** The whole answer has come and is not passed on. */
    | 'answer'
    /** Half of the answer was passed on. */
    | 'half-answer';
  /** Done there, before the device notices. */
  readonly act?: () => void | Promise<void>;
}

export type Intercept = (request: ProxiedRequest) => Fault | undefined;

const END_OF_HEAD = Buffer.from('\r\n\r\n');

export class FaultProxy {
  /** Asked at every request; undefined lets it pass. */
  intercept: Intercept = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#serve(client, targetPort));
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, targetPort: number): void {
    const upstream = connect({ host: '127.0.0.1', port: targetPort });
    this.#join(client, upstream);
    this.#join(upstream, client);
    let fault: Fault | undefined;
    const request = new Framer();
    const answer = new Framer();
    client.on('data', (chunk: Buffer) => {
      const whole = request.add(chunk);
      if (!whole) return;
      fault = this.intercept({ ...namesOf(whole), bytes: whole });
      if (fault?.at === 'request') return void breakOff(client, fault);
      const { at, act } = fault ?? {};
      upstream.write(whole, () => {
        if (at === 'forwarded') void act?.();
      });
    });
    upstream.on('data', (chunk: Buffer) => {
      if (fault === undefined || fault.at === 'forwarded') return void client.write(chunk);
      const broken = fault;
      if (broken.at === 'first-byte') return void breakOff(client, broken);
      const whole = answer.add(chunk);
      if (!whole) return;
      if (broken.at === 'half-answer') {
        client.write(whole.subarray(0, Math.ceil(whole.length / 2)), () => void breakOff(client, broken));
      } else void breakOff(client, broken);
    });
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}

async function breakOff(client: Socket, fault: Fault): Promise<void> {
  await fault.act?.();
  client.resetAndDestroy();
}

/** `POST /Microsoft-Server-ActiveSync?Cmd=Sync&User=ada&…` */
function namesOf(bytes: Buffer): { command: string; user: string } {
  const [line = ''] = bytes.toString('latin1', 0, 2_000).split('\r\n', 1);
  const [method = '', target = ''] = line.split(' ');
  const query = new URLSearchParams(target.slice(target.indexOf('?') + 1));
  return { command: query.get('Cmd') ?? method, user: query.get('User') ?? '' };
}

/** Messages with a Content-Length, one after the other. */
class Framer {
  #held = Buffer.alloc(0);

  /** The whole message, once it is there. */
  add(chunk: Buffer): Buffer | undefined {
    this.#held = Buffer.concat([this.#held, chunk]);
    const endOfHead = this.#held.indexOf(END_OF_HEAD);
    if (endOfHead < 0) return undefined;
    const head = this.#held.toString('latin1', 0, endOfHead);
    const length = endOfHead + END_OF_HEAD.length + Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (this.#held.length < length) return undefined;
    const whole = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return whole;
  }
}
