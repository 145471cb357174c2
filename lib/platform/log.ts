import { type Logger, pino } from 'pino';
import { CaravanError } from './errors.ts';

/** Fields of a log line. Never a password, an Authorization header, or the content of a message. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Structured logging: fields first, then a constant sentence that a person can search for. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A log whose lines all bear `fields` too. */
  child(fields: LogFields): Log;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** JSON lines on `destination` (default: standard output), errors with their code, message and cause chain. */
export function createLog(
  options: { level: LogLevel; destination?: { write(line: string): void } } = { level: 'info' },
): Log {
  const settings = {
    level: options.level,
    base: undefined,
    messageKey: 'message',
    formatters: { level: (label: string) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { error: describeError },
  };
  return options.destination ? pino(settings, options.destination) : (pino(settings) satisfies Logger);
}

const CAUSES_LIMIT = 5;

/** Code, message and causes; the stack only of what nobody threw on purpose. */
function describeError(thrown: unknown, depth = 0): unknown {
  if (!(thrown instanceof Error)) return String(thrown);
  const { message, cause, name } = thrown;
  const because = cause === undefined || depth >= CAUSES_LIMIT ? {} : { cause: describeError(cause, depth + 1) };
  if (thrown instanceof CaravanError) return { code: thrown.code, message, ...because };
  const code = (thrown as NodeJS.ErrnoException).code;
  return { name, code, message, ...because, ...(depth === 0 ? { stack: thrown.stack } : {}) };
}

/** For tests and tools that have nothing to say. */
export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLog,
};
