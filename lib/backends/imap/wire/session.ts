/**
 * One IMAP connection after login: commands go out at once, one behind the other (pipelined), and are answered in order.
 * Ends itself, failing everything in flight, when the server is silent for `timeoutMs` while something is in flight.
 */
import type { Duplex, Readable } from 'node:stream';
import type { Clock, Timer } from '../../../platform/index.ts';
import type { Right } from '../../backend.ts';
import { BackendError } from '../../errors.ts';
import { ImapCommandError, ImapConnectionError } from '../errors.ts';
import type { CommandPart } from './arguments.ts';
import { ResponseSplitter } from './splitter.ts';
import { listOf, pairsOf, parseValues, textOf, type Value } from './values.ts';

/** `* 12 FETCH (…)`: number 12, name FETCH; `* OK [CODE …]`: name OK, and the code. */
export interface Untagged {
  readonly name: string;
  readonly number: number;
  readonly code: ResponseCode | undefined;
  /** What follows the name. */
  values(): Value[];
  /** The first value, a list of names and values: what FETCH tells of a message. */
  pairs(): Map<string, Value>;
}

/** `[COPYUID 1 2 3]`: name COPYUID, values 1, 2, 3. */
export interface ResponseCode {
  readonly name: string;
  readonly values: readonly Value[];
}

/** Tells whether the response was an answer to its command: servers may answer several commands before completing the first. */
export type UntaggedHandler = (response: Untagged) => boolean;

interface Command {
  readonly tag: string;
  readonly name: string;
  readonly onUntagged: UntaggedHandler | undefined;
  readonly onContinue: (() => void) | undefined;
  mayBeSilent: boolean;
  readonly resolve: (code: ResponseCode | undefined) => void;
  readonly reject: (error: Error) => void;
}

export interface CommandOptions {
  readonly onUntagged?: UntaggedHandler;
  /** Called when the server asks for more and no literal is waiting: IDLE has begun. */
  readonly onContinue?: () => void;
  /** Silence is no failure while this is the oldest command in flight: IDLE. */
  readonly mayBeSilent?: boolean;
}

export interface SessionOptions {
  readonly readable: Readable;
  readonly writable: Duplex;
  readonly socket: Duplex;
  readonly capabilities: ReadonlySet<string>;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const NON_SYNCHRONIZING_LIMIT_BYTES = 4_096;
/** How long the server may take to close after our LOGOUT. */
const GOODBYE_MS = 1_000;
const CLOSED = 'closed';
const SPACE = 0x20;
const ASTERISK = 0x2a;

export class ImapSession {
  readonly capabilities: ReadonlySet<string>;
  /** Told of responses that no command's handler asked for: news of the selected folder while nothing or IDLE runs. */
  onNews: ((response: Untagged) => void) | undefined;
  /** Told once when the connection has ended, for whatever reason. */
  onClosed: (() => void) | undefined;
  /** To `change` something; undefined: for ever. */
  right: Right | undefined;
  /** Extensions that ENABLE turned on. */
  readonly enabled = new Set<string>();
  readonly #writable: Duplex;
  readonly #socket: Duplex;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #inFlight: Command[] = [];
  #serial = 0;
  #writing: Promise<void> = Promise.resolve();
  #pendingWrites = 0;
  #continue: (() => void) | undefined;
  #ended: ImapConnectionError | undefined;
  #watchdog: Timer | undefined;
  #lastActivityMs: number;

  constructor(options: SessionOptions) {
    this.capabilities = options.capabilities;
    this.#writable = options.writable;
    this.#socket = options.socket;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#lastActivityMs = options.clock.monotonic();
    const splitter = new ResponseSplitter((response) => this.#take(response));
    options.readable.on('data', (chunk: Buffer) => {
      this.#lastActivityMs = this.#clock.monotonic();
      try {
        splitter.push(chunk);
      } catch (error) {
        this.end('the server sent what is not IMAP', error);
      }
    });
    for (const stream of new Set([options.readable, options.writable, options.socket])) {
      stream.on('error', (error: Error) => this.end(error.message, error));
      stream.on('close', () => this.end('the connection was closed'));
      stream.on('end', () => this.end('the server closed the connection'));
    }
    options.readable.resume();
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  has(capability: string): boolean {
    return this.capabilities.has(capability);
  }

  /** Sends a command; resolves with the response code of its OK. Throws ImapCommandError for NO and BAD. */
  command(
    parts: CommandPart | readonly CommandPart[],
    options: CommandOptions = {},
  ): Promise<ResponseCode | undefined> {
    const list = typeof parts === 'string' || Buffer.isBuffer(parts) ? [parts] : parts;
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const tag = `C${++this.#serial}`;
      const name = (typeof list[0] === 'string' ? list[0] : '').split(' ', 2).join(' ').trim();
      const command: Command = {
        tag,
        name,
        onUntagged: options.onUntagged,
        onContinue: options.onContinue,
        mayBeSilent: options.mayBeSilent ?? false,
        resolve,
        reject,
      };
      const frames = this.#frames(tag, list);
      if (frames.length === 1 && this.#pendingWrites === 0) this.#send(command, frames[0] as Buffer);
      else this.#sendFrames(command, frames);
    });
  }

  /** A command that changes something: one that would be sent without the right to is not, which is a BackendError. */
  async change(
    parts: CommandPart | readonly CommandPart[],
    options: CommandOptions = {},
  ): Promise<ResponseCode | undefined> {
    if (this.right?.isHeld() === false) {
      throw new BackendError('unavailable', 'the mailbox is not changed', { why: 'the right to change it has ended' });
    }
    return this.command(parts, options);
  }

  /** Ends an IDLE; from now on its answer is awaited like any other. */
  done(): void {
    if (this.#ended) return;
    this.#write('DONE\r\n');
    for (const command of this.#inFlight) command.mayBeSilent = false;
    this.#lastActivityMs = this.#clock.monotonic();
    this.#watch();
  }

  /** Says goodbye without waiting for the answer. */
  close(): void {
    if (this.#ended) return;
    this.#write(`C${++this.#serial} LOGOUT\r\n`);
    this.end(CLOSED);
  }

  /** Drops the connection; whatever is in flight fails. */
  end(why: string, cause?: unknown): void {
    if (this.#ended) return;
    const error = new ImapConnectionError(why, cause);
    this.#ended = error;
    this.#watchdog?.cancel();
    // A goodbye may still be on its way out.
    this.#socket.end();
    if (cause !== undefined || why !== CLOSED) this.#socket.destroy();
    else this.#clock.after(GOODBYE_MS, () => this.#socket.destroy());
    this.#continue?.();
    for (const command of this.#inFlight.splice(0)) command.reject(error);
    this.onClosed?.();
  }

  /** The bytes up to and including each literal that the server must ask for; one frame when there is none. */
  #frames(tag: string, parts: readonly CommandPart[]): Buffer[] {
    const frames: Buffer[] = [];
    let pending: Buffer[] = [Buffer.from(`${tag} `)];
    for (const part of parts) {
      if (typeof part === 'string') {
        pending.push(Buffer.from(part, 'utf8'));
        continue;
      }
      const isFree = this.has('LITERAL+') || (this.has('LITERAL-') && part.length <= NON_SYNCHRONIZING_LIMIT_BYTES);
      pending.push(Buffer.from(`{${part.length}${isFree ? '+' : ''}}\r\n`));
      if (!isFree) {
        frames.push(Buffer.concat(pending));
        pending = [];
      }
      pending.push(part);
    }
    pending.push(Buffer.from('\r\n'));
    frames.push(Buffer.concat(pending));
    return frames;
  }

  #send(command: Command, bytes: Buffer): void {
    this.#inFlight.push(command);
    this.#write(bytes);
    this.#watch();
  }

  /** Frames with literals that the server must ask for: nothing else may be written between them. */
  #sendFrames(command: Command, frames: readonly Buffer[]): void {
    this.#pendingWrites++;
    this.#writing = this.#writing.then(async () => {
      try {
        if (this.#ended) return command.reject(this.#ended);
        for (const [i, frame] of frames.entries()) {
          if (i === 0) this.#send(command, frame);
          else this.#write(frame);
          if (i < frames.length - 1) {
            await new Promise<void>((resolve) => {
              this.#continue = resolve;
            });
            this.#continue = undefined;
            // The server refused, or the connection ended: the rest must not be sent.
            if (!this.#inFlight.includes(command)) return;
          }
        }
      } finally {
        this.#pendingWrites--;
      }
    });
  }

  /** What is sent in one turn of the event loop leaves as one: the server begins with all of it in view. */
  #write(bytes: string | Buffer): void {
    if (this.#writable.writableCorked === 0) {
      this.#writable.cork();
      process.nextTick(() => this.#writable.uncork());
    }
    this.#writable.write(bytes);
  }

  #watch(): void {
    if (this.#watchdog) return;
    this.#lastActivityMs = Math.max(this.#lastActivityMs, this.#clock.monotonic());
    const check = () => {
      this.#watchdog = undefined;
      const oldest = this.#inFlight[0];
      if (!oldest || oldest.mayBeSilent) return;
      const leftMs = this.#lastActivityMs + this.#timeoutMs - this.#clock.monotonic();
      if (leftMs <= 0) this.end(`no answer to ${oldest.name} within ${this.#timeoutMs} ms`);
      else this.#watchdog = this.#clock.after(leftMs, check);
    };
    this.#watchdog = this.#clock.after(this.#timeoutMs, check);
  }

  #take(response: Buffer): void {
    if (this.#ended) return;
    if (response[0] === ASTERISK && response[1] === SPACE) return this.#takeUntagged(response, 2);
    const firstSpace = response.indexOf(SPACE);
    const tag = response.toString('latin1', 0, firstSpace < 0 ? response.length : firstSpace);
    if (tag === '*') this.#takeUntagged(response, firstSpace + 1);
    else if (tag === '+') {
      if (this.#continue) this.#continue();
      else this.#inFlight[0]?.onContinue?.();
    } else this.#takeTagged(tag, response, firstSpace + 1);
  }

  #takeUntagged(response: Buffer, at: number): void {
    let { word, next } = wordAt(response, at);
    let number = 0;
    if (/^\d+$/.test(word)) {
      number = Number(word);
      ({ word, next } = wordAt(response, next));
    }
    const name = word.toUpperCase();
    if (name === 'BYE' && this.#inFlight.length === 0) {
      this.end(`the server said goodbye: ${response.toString('utf8', next)}`);
      return;
    }
    let values: Value[] | undefined;
    let pairs: Map<string, Value> | undefined;
    const untagged: Untagged = {
      name,
      number,
      code: isStatus(name) ? responseCodeAt(response, next) : undefined,
      values: () => (values ??= parseValues(response, next)),
      pairs: () => (pairs ??= pairsOf(listOf(untagged.values()[0]))),
    };
    const isAnswer = this.#inFlight.some((command) => command.onUntagged?.(untagged));
    if (!isAnswer) this.onNews?.(untagged);
  }

  #takeTagged(tag: string, response: Buffer, at: number): void {
    const index = this.#inFlight.findIndex((command) => command.tag === tag);
    const [command] = index < 0 ? [] : this.#inFlight.splice(index, 1);
    if (!command) return this.end('the server answered what was not asked');
    const { word, next } = wordAt(response, at);
    const status = word.toUpperCase();
    const code = responseCodeAt(response, next);
    if (status === 'OK') command.resolve(code);
    else {
      const text = response.toString('utf8', next).replace(/^\[[^\]]*\] */, '');
      command.reject(new ImapCommandError(command.name, status === 'NO' ? 'NO' : 'BAD', code?.name, text));
      this.#continue?.();
    }
    if (this.#inFlight.length === 0) {
      this.#watchdog?.cancel();
      this.#watchdog = undefined;
    } else if (!this.#watchdog) this.#watch();
  }
}

function isStatus(name: string): boolean {
  return name === 'OK' || name === 'NO' || name === 'BAD' || name === 'PREAUTH' || name === 'BYE';
}

function wordAt(response: Buffer, at: number): { word: string; next: number } {
  const space = response.indexOf(SPACE, at);
  const end = space < 0 ? response.length : space;
  return { word: response.toString('latin1', at, end), next: Math.min(end + 1, response.length) };
}

function responseCodeAt(response: Buffer, at: number): ResponseCode | undefined {
  if (response[at] !== 0x5b) return undefined;
  const end = response.indexOf(0x5d, at);
  if (end < 0) return undefined;
  const [name, ...values] = parseValues(response.subarray(at + 1, end));
  return { name: textOf(name).toUpperCase(), values };
}
