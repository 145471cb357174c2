/** How subcommands speak: lines and progress for people on a terminal, one JSON document a line with `--json`. */

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
