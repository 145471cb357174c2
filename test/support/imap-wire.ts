/** The wire between a server and its IMAP server, which knows when a command that changes something was done. */
import { connect, createServer, type Server, type Socket } from 'node:net';

const CHANGES = /^(\S+) (UID MOVE|UID COPY|UID STORE|UID EXPUNGE|EXPUNGE|CREATE|RENAME|DELETE|APPEND) /i;
const DONE = /^(\S+) OK\b/i;

export class ImapWire {
  /**
   * Called with `UID MOVE`, `APPEND`, … when the IMAP server has done it and before the other side can know. True: the news
   * is lost, and so is the connection. `user` is who logged in.
   */
  onDone: (verb: string, user: string) => boolean = () => false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(targetPort: number) {
    this.#server = createServer((client) => this.#serve(client, targetPort));
  }

  static async start(targetPort: number): Promise<ImapWire> {
    const wire = new ImapWire(targetPort);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket, targetPort: number): void {
    const upstream = connect({ host: '127.0.0.1', port: targetPort });
    const underWay = new Map<string, string>();
    let user = '';
    const sent = lineReader((line) => {
      user = userOf(line) ?? user;
      const [, tag, verb] = CHANGES.exec(line) ?? [];
      if (tag !== undefined && verb !== undefined) underWay.set(tag, verb.toUpperCase());
    });
    let isLost = false;
    const answered = lineReader((line) => {
      const tag = DONE.exec(line)?.[1] ?? '';
      const verb = underWay.get(tag);
      if (verb === undefined) return;
      underWay.delete(tag);
      if (this.onDone(verb, user)) isLost = true;
    });
    client.on('data', (chunk: Buffer) => {
      sent(chunk);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk: Buffer) => {
      answered(chunk);
      if (isLost) client.resetAndDestroy();
      else client.write(chunk);
    });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}

/** Of a login, by either command. */
function userOf(line: string): string | undefined {
  const plain = /^\S+ LOGIN "?([^\s"]+)/i.exec(line)?.[1];
  const sasl = /^(?:\S+ AUTHENTICATE PLAIN )?([A-Za-z0-9+/]{8,}={0,2})$/i.exec(line)?.[1];
  if (sasl === undefined) return plain;
  const parts = Buffer.from(sasl, 'base64').toString().split('\0');
  return parts.length === 3 ? parts[1] : undefined;
}

function lineReader(onLine: (line: string) => void): (chunk: Buffer) => void {
  let tail = '';
  return (chunk) => {
    const lines = (tail + chunk.toString('latin1')).split('\r\n');
    tail = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}
