/** A bare IMAP client: sends lines, reads to the tagged answer, looks at nothing. The baseline of what IMAP itself costs. */
import { connect, type Socket } from 'node:net';

export class RawImap {
  readonly #socket: Socket;
  #tag = 0;
  #waiting: { readonly marker: Buffer; readonly resolve: () => void } | undefined;
  #tail = Buffer.alloc(0);
  #onData: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
  }

  static async login(port: number, user: string, password: string): Promise<RawImap> {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    await new Promise((resolve) => socket.once('data', resolve));
    const imap = new RawImap(socket);
    await imap.command(`LOGIN ${user} ${password}`);
    return imap;
  }

  command(line: string): Promise<void> {
    const tag = `a${++this.#tag}`;
    return new Promise((resolve) => {
      this.#waiting = { marker: Buffer.from(`\r\n${tag} `), resolve };
      this.#tail = Buffer.from('\r\n');
      this.#socket.write(`${tag} ${line}\r\n`);
    });
  }

  /** In IDLE, resolves at the next thing that the server says. */
  nextPush(): Promise<void> {
    return new Promise((resolve) => {
      this.#onData = resolve;
    });
  }

  /** Begins IDLE. */
  async idle(): Promise<void> {
    const said = this.nextPush();
    this.#socket.write(`a${++this.#tag} IDLE\r\n`);
    await said;
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.#onData?.();
    const waiting = this.#waiting;
    if (!waiting) return;
    const joined = Buffer.concat([this.#tail, chunk]);
    const at = joined.lastIndexOf(waiting.marker);
    if (at >= 0 && joined.at(-1) === 0x0a) {
      this.#waiting = undefined;
      waiting.resolve();
      return;
    }
    this.#tail = joined.subarray(-200);
  }
}
