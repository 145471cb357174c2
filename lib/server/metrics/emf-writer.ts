/** Writes metrics to the log that CloudWatch reads, once a period. */
import { type Clock, EmbeddedMetrics, type Metrics, type Timer } from '../../platform/index.ts';

export interface EmfWriterParts {
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly namespace: string;
  readonly periodSeconds: number;
  /** The pool's name; a server alone is `standalone`. */
  readonly pool: string;
  /** This boot's name: in every line, to search for. */
  readonly session: () => string;
  readonly write: (line: string) => void;
}

export class EmfWriter {
  readonly #parts: EmfWriterParts;
  readonly #format: EmbeddedMetrics;
  #timer: Timer | undefined;

  constructor(parts: EmfWriterParts) {
    this.#parts = parts;
    this.#format = new EmbeddedMetrics({ namespace: parts.namespace, dimensions: { Pool: parts.pool } });
    this.#next();
  }

  /** Writes what was counted since the last line too. */
  close(): void {
    this.#timer?.cancel();
    this.#write();
  }

  #next(): void {
    this.#timer = this.#parts.clock.after(this.#parts.periodSeconds * 1000, () => {
      this.#write();
      this.#next();
    });
  }

  #write(): void {
    const { metrics, clock, session, write } = this.#parts;
    for (const line of this.#format.lines(metrics.read(), clock.now(), { server: session() })) write(`${line}\n`);
  }
}
