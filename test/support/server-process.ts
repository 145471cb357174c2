/** The standalone server in a process of its own, as it is deployed: to be killed, stopped and started again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { freePorts } from './dovecot.ts';

const MAIN = resolve(import.meta.dirname, '../../functions/server/main.ts');
const READY_LIMIT_MS = 90_000;
const POLL_MS = 15;
const KEPT_LINES = 200;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the signal to the end. */
  readonly milliseconds: number;
}

export interface ProcessOptions {
  /** The program; default the server of the sources. */
  readonly main?: string;
  /** For Node; default none. */
  readonly nodeOptions?: readonly string[];
  /** Default: any free one. */
  readonly port?: number;
  /** What answers 200 when it is up; default `/health`. */
  readonly upPath?: string;
  /** Told of every line that it logs. */
  readonly onLine?: (line: string) => void;
}

export class ServerProcess {
  readonly port: number;
  /** Of its database. */
  readonly data: string;
  /** The last lines that it logged. */
  readonly lines: string[] = [];
  readonly #flags: readonly string[];
  readonly #temporary: string | undefined;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;

  private constructor(
    port: number,
    place: { data: string; temporary: string | undefined },
    settings: Readonly<Record<string, string>>,
    options: ProcessOptions,
  ) {
    this.#options = options;
    this.port = port;
    this.data = place.data;
    this.#temporary = place.temporary;
    this.#flags = Object.entries({
      'listen-host': '127.0.0.1',
      'listen-port': String(port),
      'listen-tls': 'off',
      data: this.data,
      'limits-requests-per-minute': '0',
      'log-level': process.env['CARAVAN_TEST_LOG'] ?? 'warn',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, value]);
  }

  /** `settings` by flag; `data` in a directory of its own if nothing else is said. */
  static async start(
    settings: Readonly<Record<string, string>>,
    data?: string,
    options: ProcessOptions = {},
  ): Promise<ServerProcess> {
    const port = options.port ?? (await freePorts(1))[0];
    const temporary = data === undefined ? await mkdtemp(join(tmpdir(), 'caravan-process-')) : undefined;
    const place = { data: data ?? temporary ?? '', temporary };
    const server = new ServerProcess(port as number, place, settings, options);
    await server.launch();
    return server;
  }

  /** Resolves when it takes requests. */
  async launch(): Promise<void> {
    const from = performance.now();
    const { main = MAIN, nodeOptions = [], upPath = '/health' } = this.#options;
    // The tests' own, which a server takes for a setting that there is not.
    const { CARAVAN_FAULT_SIZE: _, ...env } = process.env;
    const child = spawn('node', [...nodeOptions, main, ...this.#flags], { stdio: ['ignore', 'pipe', 'pipe'], env });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) this.#keep(stream);
    while (child.exitCode === null && child.signalCode === null && performance.now() - from < READY_LIMIT_MS) {
      const isUp = await fetch(`http://127.0.0.1:${this.port}${upPath}`).then(
        (it) => it.ok,
        () => false,
      );
      if (isUp) return;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    throw new Error(`the server did not come up: ${this.lines.join('\n')}`);
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error('the server does not run');
    return this.#child.pid;
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  /** SIGSTOP and SIGCONT, and whatever does not end it. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Sends the signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    const child = this.#child;
    if (!child) throw new Error('the server does not run');
    const ended = this.ended();
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(
        `the server has ended by itself (${child.exitCode ?? child.signalCode}): ${this.lines.join('\n')}`,
      );
    }
    child.kill(signal);
    return ended;
  }

  /** Waits for an end that has another cause and is yet to come. */
  ended(): Promise<Exit> {
    const child = this.#child;
    if (!child) throw new Error('the server does not run');
    this.#child = undefined;
    const from = performance.now();
    return new Promise((done) =>
      child.once('exit', (code, by) => done({ code, signal: by, milliseconds: performance.now() - from })),
    );
  }

  /** Ends it, if it runs, and removes its data. */
  async remove(): Promise<void> {
    if (this.#child) await this.end('SIGKILL');
    if (this.#temporary !== undefined) await rm(this.#temporary, { recursive: true, force: true });
  }

  #keep(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.lines.push(line);
      this.lines.splice(0, this.lines.length - KEPT_LINES);
      this.#options.onLine?.(line);
    });
  }
}
