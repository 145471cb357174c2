/** One server of a pool on this machine, in a process of its own: started again when it dies, as an orchestrator would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { type Clock, type Log, reasonOf, sleep, type Timer } from '../../platform/index.ts';
import { PoolError } from '../errors.ts';

export interface ServerChildOptions {
  /** `server-1`. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where it runs: a configuration file that lies there counts. */
  readonly directory: string;
  /** What it writes, its log and its last words, is appended here. */
  readonly outputFile: string;
  /** From its end to its next beginning. */
  readonly restartMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly onEvent: (event: ServerEvent) => void;
}

/** What happens to a server without anybody of this process asking for it. */
export type ServerEvent =
  | { readonly kind: 'started'; readonly name: string; readonly pid: number }
  | {
      readonly kind: 'ended';
      readonly name: string;
      readonly pid: number;
      readonly by: string;
      readonly restartMs: number;
    };

/** A server that keeps dying is waited longer for, up to this. */
const LONGEST_RESTART_MS = 60_000;
/** One that lived so long has not died of its start. */
const HEALTHY_MS = 30_000;
const WORDS_LIMIT = 2_000;

export class ServerChild {
  readonly name: string;
  readonly #options: ServerChildOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #restart: Timer | undefined;
  #restartMs: number;
  #isStopping = false;
  /** How its last process ended. */
  #by: string | undefined;
  /** Where in the file the present process began to write. */
  #from = 0;

  constructor(options: ServerChildOptions) {
    this.#options = options;
    this.name = options.name;
    this.#restartMs = options.restartMs;
  }

  /** 0 while it does not run. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Why it does not run, if it has ended by itself. */
  get failure(): string | undefined {
    return this.#child === undefined ? this.#by : undefined;
  }

  /** Throws PoolError('server-not-started'). */
  start(): void {
    const { name, command, environment, directory, outputFile, clock, onEvent } = this.#options;
    const [program = '', ...args] = command;
    const startedAt = clock.monotonic();
    let child: ChildProcess;
    try {
      this.#from = sizeOf(outputFile);
      const output = openSync(outputFile, 'a', 0o600);
      // A group of its own: Ctrl-C in the terminal is for the pool, which ends its servers in order. The channel tells the
      // server when this process has gone, however it went.
      child = spawn(program, args, {
        stdio: ['ignore', output, output, 'ipc'],
        detached: true,
        cwd: directory,
        env: environment,
      });
      closeSync(output);
    } catch (cause) {
      throw new PoolError('server-not-started', `The server ${name} cannot be started`, {
        why: reasonOf(cause),
        remedy: `Check that ${outputFile} can be written.`,
        cause,
      });
    }
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (by: string) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        this.#by = by;
        if (!this.#isStopping) this.#hasDied(child.pid ?? 0, by, clock.monotonic() - startedAt);
        resolve();
      };
      child.once('error', (cause) => end(reasonOf(cause)));
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
    });
    onEvent({ kind: 'started', name, pid: child.pid ?? 0 });
  }

  /** SIGTERM: it gives its users away and ends. After `limitMs` it is made to. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#restart?.cancel();
    const child = this.#child;
    if (child === undefined) return;
    child.kill('SIGTERM');
    // One that was stopped by a signal could not hear it.
    child.kill('SIGCONT');
    const given = new AbortController();
    const isLate = await Promise.race([
      this.#ended.then(() => false),
      sleep(this.#options.clock, limitMs, given.signal).then(
        () => true,
        () => false,
      ),
    ]);
    given.abort(new Error('the server has ended'));
    if (!isLate) return;
    child.kill('SIGKILL');
    await this.#ended;
  }

  /** The end of what its process wrote. */
  lastWords(): string {
    try {
      return readFileSync(this.#options.outputFile).subarray(this.#from).toString('utf8').trim().slice(-WORDS_LIMIT);
    } catch {
      return '';
    }
  }

  #hasDied(pid: number, by: string, livedMs: number): void {
    const { name, restartMs, clock, log, onEvent } = this.#options;
    const afterMs = livedMs >= HEALTHY_MS ? restartMs : this.#restartMs;
    this.#restartMs = Math.min(afterMs * 2, LONGEST_RESTART_MS);
    log.info({ server: name, pid, by, restartMs: afterMs }, 'A server has ended and is started again');
    onEvent({ kind: 'ended', name, pid, by, restartMs: afterMs });
    this.#restart = clock.after(afterMs, () => {
      try {
        this.start();
      } catch (thrown) {
        this.#hasDied(0, reasonOf(thrown), 0);
      }
    });
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
