/** A function as it is shipped: its bundle alone, in an empty folder, in a process with nothing but its own environment. */
import { type ChildProcess, fork } from 'node:child_process';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const RUNTIME = resolve(import.meta.dirname, 'runtime.mjs');
const KEPT_LINES = 500;
/** What the cloud's runtime gives to every function, and no more of this machine than it takes to run. */
const CLOUD = {
  PATH: process.env['PATH'],
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
};

interface Started {
  readonly importMs: number;
  readonly importCpuMs: number;
}

type Said = Started | { readonly id: number; readonly result?: unknown; readonly error?: string };

export class FunctionProcess {
  /** What it wrote. */
  readonly lines: string[] = [];
  readonly started: Started;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #serial = 0;

  private constructor(child: ChildProcess, folder: string, lines: string[], started: Started) {
    this.#child = child;
    this.#folder = folder;
    this.lines = lines;
    this.started = started;
    child.on('message', (said: Said) => {
      if (!('id' in said)) return;
      const waiting = this.#waiting.get(said.id);
      this.#waiting.delete(said.id);
      if (said.error === undefined) waiting?.resolve(said.result);
      else waiting?.reject(new Error(said.error));
    });
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the function ended: ${code ?? signal}`));
      this.#waiting.clear();
    });
  }

  static async start(bundle: string, environment: Readonly<Record<string, string>>): Promise<FunctionProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'caravan-function-'));
    const main = join(folder, 'main.mjs');
    await copyFile(bundle, main);
    const child = fork(RUNTIME, [main], { cwd: folder, env: { ...CLOUD, ...environment }, execArgv: [], silent: true });
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        lines.push(...text.split('\n').filter((line) => line !== ''));
        lines.splice(0, lines.length - KEPT_LINES);
      });
    }
    const started = await new Promise<Started>((done, fail) => {
      child.once('message', (said) => done(said as Started));
      child.once('exit', () => fail(new Error(`the function did not start:\n${lines.join('\n')}`)));
    });
    return new FunctionProcess(child, folder, lines, started);
  }

  /** What its handler gives back; rejects with what that threw. */
  invoke(event: unknown): Promise<unknown> {
    const id = ++this.#serial;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, event });
    });
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const ended = new Promise((done) => this.#child.once('exit', done));
      this.#child.kill('SIGKILL');
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}
