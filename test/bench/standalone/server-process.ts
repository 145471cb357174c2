/** The server in a process of its own, as it is deployed, with Dovecot behind it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePorts } from '../../support/dovecot.ts';

const MAIN = resolve(import.meta.dirname, '../../../functions/server/main.ts');
const READY_LIMIT_MS = 20_000;
const POLL_MS = 5;

export class ServerProcess {
  readonly port: number;
  readonly #flags: readonly string[];
  readonly #directory: string;
  #child: ChildProcess | undefined;

  private constructor(port: number, directory: string, flags: readonly string[]) {
    this.port = port;
    this.#directory = directory;
    this.#flags = flags;
  }

  /** `settings` by flag. */
  static async start(settings: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const [port] = await freePorts(1);
    const directory = await mkdtemp(join(tmpdir(), 'caravan-bench-'));
    const flags = Object.entries({
      'listen-host': '127.0.0.1',
      'listen-port': String(port),
      'listen-tls': 'off',
      data: directory,
      'limits-requests-per-minute': '0',
      'limits-max-concurrent-requests': '20000',
      'log-level': 'error',
      ...settings,
    }).flatMap(([name, value]) => [`--${name}`, value]);
    const server = new ServerProcess(port as number, directory, flags);
    await server.launch();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Resolves when it takes requests; tells how long that took, in milliseconds. */
  async launch(): Promise<number> {
    const from = performance.now();
    this.#child = spawn('node', ['--expose-gc', MAIN, ...this.#flags], { stdio: ['ignore', 'ignore', 'inherit'] });
    while (performance.now() - from < READY_LIMIT_MS) {
      const isUp = await fetch(`${this.url}/health`).then(
        (it) => it.ok,
        () => false,
      );
      if (isUp) return performance.now() - from;
      await new Promise((done) => setTimeout(done, POLL_MS));
    }
    throw new Error('the server did not come up');
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Resident memory of a process in bytes. */
export function residentBytes(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? 0) * 1024;
}
