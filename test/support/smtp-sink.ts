/** A submission server of a test's own: records messages, gives them to `deliver`, and fails as told. */
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerSession } from 'smtp-server';

export interface SunkMessage {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
  readonly user: string | undefined;
  /** False: it was taken, and the connection broken instead of saying so. */
  readonly isAcknowledged: boolean;
}

/** What happens to the next messages, until it is changed. */
export type SmtpFault =
  | { readonly kind: 'none' }
  /** An answer of this code, at RCPT or after the message. */
  | { readonly kind: 'reply'; readonly at: 'recipient' | 'message'; readonly code: number }
  /** The connection breaks before the message, or after it with the message taken but not acknowledged. */
  | { readonly kind: 'drop'; readonly at: 'recipient' | 'message' };

export interface SmtpSinkOptions {
  /** User name → password; without it nobody needs to log in. */
  readonly users?: Readonly<Record<string, string>>;
  /** False refuses the recipient with 550. Default: all are taken. */
  readonly accepts?: (address: string) => boolean;
  readonly deliver?: (address: string, raw: Buffer) => Promise<void>;
}

export class SmtpSink {
  readonly messages: SunkMessage[] = [];
  fault: SmtpFault = { kind: 'none' };
  readonly #server: SMTPServer;
  readonly #options: SmtpSinkOptions;

  private constructor(options: SmtpSinkOptions) {
    this.#options = options;
    this.#server = new SMTPServer({
      authOptional: !options.users,
      allowInsecureAuth: true,
      disabledCommands: options.users ? ['STARTTLS'] : ['STARTTLS', 'AUTH'],
      closeTimeout: 100,
      logger: false,
      onAuth: (auth, _, callback) => this.#authenticate(auth, callback),
      onRcptTo: ({ address }, session, callback) => this.#recipient(address, session, callback),
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.#take(Buffer.concat(chunks), session).then(
            (error) => (error === 'dropped' ? undefined : callback(error)),
            (error: Error) => callback(error),
          );
        });
      },
    });
    this.#server.on('error', () => {});
  }

  static async start(options: SmtpSinkOptions = {}): Promise<SmtpSink> {
    const sink = new SmtpSink(options);
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get port(): number {
    return (this.#server.server.address() as { port: number }).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #authenticate(
    { username = '', password }: SMTPServerAuthentication,
    callback: (error: Error | null | undefined, response?: { user: string }) => void,
  ): void {
    if (this.#options.users?.[username] === password) callback(null, { user: username });
    else callback(answer(535, 'authentication failed'));
  }

  #recipient(address: string, session: SMTPServerSession, callback: (error?: Error | null) => void): void {
    const { fault } = this;
    if (fault.kind === 'drop' && fault.at === 'recipient') this.#drop(session);
    else if (fault.kind === 'reply' && fault.at === 'recipient') callback(answer(fault.code, 'as the test wants it'));
    else if (this.#options.accepts?.(address) === false) callback(answer(550, `no such user: ${address}`));
    else callback();
  }

  async #take(raw: Buffer, session: SMTPServerSession): Promise<Error | null | 'dropped'> {
    const { fault } = this;
    if (fault.kind === 'reply') return answer(fault.code, 'as the test wants it');
    const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
    const to = session.envelope.rcptTo.map(({ address }) => address);
    this.messages.push({ from, to, raw, user: session.user, isAcknowledged: fault.kind !== 'drop' });
    if (fault.kind === 'drop') {
      this.#drop(session);
      return 'dropped';
    }
    for (const address of to) await this.#options.deliver?.(address, raw);
    return null;
  }

  #drop({ id }: SMTPServerSession): void {
    type Connection = { id: string; _socket?: { destroy(): void } };
    for (const connection of (this.#server as unknown as { connections: Set<Connection> }).connections) {
      if (connection.id === id) connection._socket?.destroy();
    }
  }
}

function answer(code: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode: code });
}
