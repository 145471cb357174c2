/** A failure as whoever started a program is told of it. */
import { CaravanError, reasonOf } from './errors.ts';

/** Without a full stop at its end; OpenSSL's messages have line breaks. */
const oneLine = (message: string): string => message.replace(/\s+/g, ' ').trim().replace(/\.$/, '');

/** An error as its user needs it: what failed, why, what to do. Stack traces stay in `--debug`. */
export function describeFailure(thrown: unknown, json: boolean): string {
  if (!(thrown instanceof CaravanError))
    return json
      ? JSON.stringify({ error: { code: 'unexpected', message: reasonOf(thrown) } })
      : `caravan: ${reasonOf(thrown)}`;
  const { code, message, remedy, details } = thrown;
  if (json) return JSON.stringify({ error: { code, message, remedy, ...details } });
  return `caravan: ${oneLine(message)}.${remedy === undefined ? '' : `\n${remedy}`}`;
}
