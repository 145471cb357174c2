// The command line as a process: run to its end, or spoken to while it runs.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { compileCache } from '../../support/compile-cache.ts';

const PROGRAM = join(import.meta.dirname, '../../../bin/caravan.ts');

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `directory`: where it runs, and its user's home. */
export const environmentOf = (directory: string): Record<string, string> => ({
  PATH: process.env['PATH'] ?? '',
  HOME: directory,
  XDG_STATE_HOME: join(directory, 'state'),
  ...compileCache(),
});

export function runCaravan(directory: string, args: readonly string[], limitMs: number): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [PROGRAM, ...args],
      { env: environmentOf(directory), cwd: directory, timeout: limitMs, killSignal: 'SIGKILL' },
      (error, out, err) => resolve({ code: error ? ((error.code as number | undefined) ?? null) : 0, out, err }),
    );
  });
}

type Line = Readonly<Record<string, unknown>>;

/** A call with `--json` that goes on until it is stopped. */
export class LongCall {
  readonly lines: Line[] = [];
  err = '';
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #rest = '';

  constructor(directory: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [PROGRAM, ...args, '--json'], {
      env: environmentOf(directory),
      cwd: directory,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.err += text;
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const whole = (this.#rest + text).split('\n');
      this.#rest = whole.pop() ?? '';
      this.lines.push(...whole.map((it) => JSON.parse(it) as Line));
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The first line that is so. */
  async until(isIt: (line: Line) => boolean, what: string, limitMs: number): Promise<Line> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const found = this.lines.find(isIt);
      if (found) return found;
      const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (isOver || performance.now() > deadline)
        throw new Error(`${isOver ? 'it ended before' : 'it took too long'}: ${what}\n${this.err}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  /** Resolves with the exit code; null where a signal ended it. */
  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.#ended;
  }
}
