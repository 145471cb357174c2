/** The server in a process of its own, as it is deployed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../support/dovecot.ts';
import { imageOptions } from './bundle.ts';
import { RawHttp } from './raw-http.ts';

const READY_LIMIT_MS = 20_000;
const POLL_MS = 2;

export class ServerProcess {
  readonly port: number;
  readonly #main: string;
  readonly #flags: readonly string[];
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(main: string, port: number, directory: string, flags: readonly string[]) {
    this.#main = main;
    this.port = port;
    this.#directory = directory;
    this.#flags = flags;
  }

  /** `main`: of the bundle. `settings` by flag. */
  static async start(main: string, settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const [port] = await freePorts(1);
    const directory = await mkdtemp(join(tmpdir(), 'caravan-bench-'));
    const flags = Object.entries({
      'listen-host': '127.0.0.1',
      'listen-port': String(port),
      'listen-tls': 'off',
      data: directory,
      'limits-requests-per-minute': '0',
      'limits-max-concurrent-requests': '20000',
      'devices-max-per-user': '1000',
      'log-level': 'error',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, value]);
    const server = new ServerProcess(main, port as number, directory, flags);
    await server.launch();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves to a connection as soon as it takes one: the first look at it that costs it nothing. */
  async connectWhenUp(): Promise<RawHttp> {
    const from = performance.now();
    while (performance.now() - from < READY_LIMIT_MS) {
      const connection = await RawHttp.connect(this.port).catch(() => undefined);
      if (connection) return connection;
      if (this.#child && this.#child.exitCode !== null) throw new Error('the server ended at once');
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    throw new Error('the server did not come up');
  }

  /** Does not wait for it. */
  spawn(): void {
    const options = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean);
    this.#child = spawn(process.execPath, [...imageOptions(this.#main), ...options, this.#main, ...this.#flags], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  /** Resolves when it takes connections. */
  async launch(): Promise<void> {
    this.spawn();
    (await this.connectWhenUp()).close();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop(process.env['BENCH_NODE_OPTIONS'] ? 'SIGTERM' : 'SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}
