/** Why a request took as long as it did: what was done to a standalone server meanwhile, and what its log says of the user. */
import type { Lived } from '../../fault/support/somebody.ts';

interface Event {
  readonly atMs: number;
  /** Undefined: it is about all. */
  readonly user: string | undefined;
  readonly what: string;
}

interface Line {
  readonly level: string;
  readonly time: string;
  readonly message: string;
  readonly user?: string;
}

/** What came before a request may be what it waits for. */
const BEFORE_MS = 1_500;
/** Who is asked about is known, and when; the rest says nothing to a person. */
const UNTOLD: ReadonlySet<string> = new Set(['level', 'time', 'message', 'user', 'requestId', 'version', 'bytes']);

const GRAVE: ReadonlySet<string> = new Set(['warn', 'error']);
const WARNINGS = 30;

export class Timeline {
  /** The last lines of a log that call for somebody. */
  readonly warnings: string[] = [];
  readonly #events: Event[] = [];
  readonly #originMs = Date.now() - performance.now();

  note(what: string): void {
    this.#events.push({ atMs: performance.now(), user: undefined, what });
  }

  /** A line of a server's log. */
  readonly hear = (line: string): void => {
    const told = readLine(line);
    if (told === undefined) return;
    if (GRAVE.has(told.level)) this.warnings.splice(0, this.warnings.push(line) - WARNINGS);
    const { time, message, user } = told;
    const fields = Object.entries(told).filter(([name]) => !UNTOLD.has(name));
    const details = fields.map(([name, value]) => ` ${name}=${JSON.stringify(value)}`).join('');
    this.#events.push({ atMs: Date.parse(time) - this.#originMs, user, what: `${message}${details}` });
  };

  /** In milliseconds since the request was made. */
  about({ user, fromMs, toMs }: Lived): string {
    return this.#events
      .filter((it) => it.user === undefined || it.user === user)
      .filter((it) => it.atMs > fromMs - BEFORE_MS && it.atMs <= toMs + 1)
      .toSorted((one, other) => one.atMs - other.atMs)
      .map((it) => `    ${Math.round(it.atMs - fromMs)}: ${it.what}`)
      .join('\n');
  }
}

function readLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined;
  }
}
