/** Questions on a terminal: each again until its answer is one. */
import { createInterface, type Interface } from 'node:readline/promises';
import { CliError } from './errors.ts';

export interface Asked {
  readonly asks: string;
  /** Taken where nothing is answered. */
  readonly offer?: string | undefined;
  /** What was expected in place of the answer; undefined for a good one. */
  readonly complaint: (answer: string) => string | undefined;
}

/** On standard input and output. */
export class Asker {
  readonly #lines: Interface = createInterface({ input: process.stdin, output: process.stdout });
  readonly #ended = new AbortController();

  constructor() {
    this.#lines.once('close', () =>
      this.#ended.abort(
        new CliError('bad-option', 'The questions were broken off', 'Nothing is written: begin again.'),
      ),
    );
  }

  async ask({ asks, offer, complaint }: Asked): Promise<string> {
    for (;;) {
      const question = `${asks}${offer === undefined ? '' : ` [${offer}]`}: `;
      const signal = this.#ended.signal;
      const answer = (await this.#lines.question(question, { signal }).catch(rethrowReason)).trim() || (offer ?? '');
      const expected = complaint(answer);
      if (expected === undefined) return answer;
      process.stdout.write(`Expected is ${expected}${expected.endsWith('?') ? '' : '.'}\n`);
    }
  }

  close(): void {
    this.#lines.close();
  }
}

/** Readline tells that it was aborted, and keeps why in the cause. */
function rethrowReason(thrown: unknown): never {
  throw (thrown as Error).cause ?? thrown;
}
