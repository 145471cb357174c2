/** A server's log lines among what happened. */
import { type Log, type LogFields, reasonOf } from '../../../lib/platform/index.ts';
import type { History } from '../support/history.ts';

export function traceLog(history: History, server: string, common: LogFields = {}): Log {
  const line = (level: string) => (fields: LogFields, message: string) => {
    const { error, ...rest } = { ...common, ...fields };
    const why = error === undefined ? '' : ` ${reasonOf(error)}`;
    history.remark(`  ${server} ${level}: ${message} ${JSON.stringify(rest)}${why}`);
  };
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => traceLog(history, server, { ...common, ...fields }),
  };
}
