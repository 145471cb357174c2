/** What a person needs to know of a failure: what failed, why, and what to do about it. */
export interface ErrorDetails {
  /** Stable, kebab-case, never reworded: logs, tests and people search for it. */
  readonly code: string;
  /** What failed, in the user's words. */
  readonly what: string;
  /** Why, if it is known. */
  readonly why?: string;
  /** What to do now. */
  readonly remedy?: string;
  /** The same in fields, for programs: beside code, message and remedy with `--json`. */
  readonly details?: object;
  readonly cause?: unknown;
}

/**
 * The base of every error that Caravan throws on purpose. A folder's own errors extend it in its `errors.ts`. Each states its
 * name: a bundle keeps none of a class.
 */
export class CaravanError extends Error {
  override readonly name: string = 'CaravanError';
  readonly code: string;
  readonly why: string | undefined;
  readonly remedy: string | undefined;
  readonly details: object | undefined;

  constructor(details: ErrorDetails) {
    super(details.why === undefined ? details.what : `${details.what}: ${details.why}`, { cause: details.cause });
    this.code = details.code;
    this.why = details.why;
    this.remedy = details.remedy;
    this.details = details.details;
  }
}

/** The message of anything that was thrown, for a log line or a `why`. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
