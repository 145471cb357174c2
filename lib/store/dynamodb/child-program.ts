/** A program that lives no longer than this process, even if this process is killed. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Clock, type Log, sleep } from '../../platform/index.ts';

export interface Exit {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * The shell reads our end of a pipe. Its end is ours, by `stop` or by the kernel: then the program is asked to end, and
 * made to. The first line tells the program's process.
 */
const KEEPER = `
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
echo "$child"
{ cat <&3 >/dev/null; kill "$child"; sleep 3; kill -9 "$child"; } >/dev/null 2>&1 &
keeper=$!
exec 3<&-
wait "$child"
status=$?
kill "$keeper" 2>/dev/null
exit "$status"`;

const STOP_LIMIT_MS = 5_000;
const WORDS_LIMIT = 1_000;

export class ChildProgram {
  /** Resolves when it has ended. */
  readonly exited: Promise<Exit>;
  readonly #shell: ChildProcessByStdio<Writable, Readable, Readable>;
  #isStopping = false;
  #hasExited = false;
  #firstWords = '';
  #lastWords = '';

  constructor(command: readonly string[], log: Log) {
    // A session of its own: Ctrl-C in the terminal is for the servers, which still need it while they stop.
    this.#shell = spawn('/bin/sh', ['-c', KEEPER, 'sh', ...command], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      env: { PATH: process.env['PATH'] },
    });
    this.#shell.stdin.on('error', () => {});
    this.#shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#firstWords = (this.#firstWords + text).slice(0, WORDS_LIMIT);
    });
    this.#shell.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-WORDS_LIMIT);
    });
    this.exited = new Promise((resolve) => {
      this.#shell.once('error', (error) => {
        this.#hasExited = true;
        this.#lastWords ||= error.message;
        resolve({ status: null, signal: null });
      });
      // Not `exit`: the last words come before `close`.
      this.#shell.once('close', (status, signal) => {
        this.#hasExited = true;
        this.#shell.stdin.destroy();
        if (!this.#isStopping) {
          log.error({ program: command[0], status, signal, words: this.lastWords }, 'A program has ended by itself');
        }
        resolve({ status, signal });
      });
    });
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Of the program itself; 0 before it is started. */
  get pid(): number {
    const end = this.#firstWords.indexOf('\n');
    return end < 0 ? 0 : Number(this.#firstWords.slice(0, end));
  }

  /** Whether it has written this, in its first words or its last. */
  hasSaid(words: RegExp): boolean {
    return words.test(this.#firstWords) || words.test(this.#lastWords);
  }

  /** The end of what it wrote to standard error. */
  get lastWords(): string {
    return this.#lastWords.trim();
  }

  /** Asks it to end, and makes it after a while. */
  async stop(clock: Clock): Promise<void> {
    this.#isStopping = true;
    this.#shell.stdin.end();
    const ended = await Promise.race([this.exited, sleep(clock, STOP_LIMIT_MS)]);
    if (ended === undefined && this.#shell.pid !== undefined) {
      process.kill(-this.#shell.pid, 'SIGKILL');
      await this.exited;
    }
  }
}
