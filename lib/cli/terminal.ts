/** How subcommands speak: lines and progress for people on a terminal, one JSON document a line with `--json`. */
import { CaravanError, reasonOf } from '../platform/index.ts';

export interface Terminal {
  readonly json: boolean;
  /** A result: `text` for people, `value` as JSON. */
  result(value: object, text: string): void;
  /** For people only. */
  say(text: string): void;
  /** Where long work stands: rewritten in place on a terminal, silent elsewhere. */
  progress(text: string): void;
}

interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export function openTerminal(json: boolean, out: Stream, err: Stream): Terminal {
  const shows = !json && err.isTTY === true;
  let shown = false;
  const clear = () => {
    if (shown) err.write('\r\x1b[2K');
    shown = false;
  };
  return {
    json,
    result(value, text) {
      clear();
      out.write(`${json ? JSON.stringify(value) : text}\n`);
    },
    say(text) {
      clear();
      if (!json) out.write(`${text}\n`);
    },
    progress(text) {
      if (!shows) return;
      clear();
      err.write(text);
      shown = true;
    },
  };
}

/** Without a full stop at its end; OpenSSL's messages have line breaks. */
const oneLine = (message: string): string => message.replace(/\s+/g, ' ').trim().replace(/\.$/, '');

/** An error as its user needs it: what failed, why, what to do. Stack traces stay in `--debug`. */
export function describeFailure(thrown: unknown, json: boolean): string {
  if (!(thrown instanceof CaravanError))
    return json
      ? JSON.stringify({ error: { code: 'unexpected', message: reasonOf(thrown) } })
      : `caravan: ${reasonOf(thrown)}`;
  const { code, message, remedy } = thrown;
  if (json) return JSON.stringify({ error: { code, message, remedy } });
  return `caravan: ${oneLine(message)}.${remedy === undefined ? '' : `\n${remedy}`}`;
}
