/**
 * Edits of a message's header block on its raw bytes (RFC 5322 section 2.2): the body is never touched, whatever it is
 * encoded in. Bytes are read as latin1, so that every one of them comes back as it was.
 */

const LINE_END = '\r\n';

export interface RawMessage {
  /** Header fields in order, each with its folded lines and line ends. */
  readonly fields: readonly string[];
  /** The empty line and everything after it; empty if the message is all header. */
  readonly rest: Uint8Array;
}

export function splitMessage(message: Uint8Array): RawMessage {
  const end = headerEnd(message);
  const header = Buffer.from(message.subarray(0, end)).toString('latin1');
  const fields: string[] = [];
  for (const line of header.split(/(?<=\n)/)) {
    if (line === '') continue;
    if (/^[ \t]/.test(line) && fields.length > 0) fields[fields.length - 1] += line;
    else fields.push(line);
  }
  return { fields, rest: message.subarray(end) };
}

export function joinMessage({ fields, rest }: RawMessage): Uint8Array {
  const whole = fields.map((field) => (field.endsWith('\n') ? field : field + LINE_END)).join('');
  const ending = rest.length > 0 ? rest : Buffer.from(LINE_END);
  return Buffer.concat([Buffer.from(whole, 'latin1'), ending]);
}

/** Unfolded values of the fields with this name, in order, as latin1 text. */
export function headerValues(message: RawMessage, name: string): string[] {
  return message.fields
    .filter((field) => nameOf(field) === name.toLowerCase())
    .map((field) =>
      field
        .slice(field.indexOf(':') + 1)
        .replace(/\r?\n(?=[ \t])/g, '')
        .trim(),
    );
}

export function withoutHeader(message: RawMessage, name: string): RawMessage {
  return { ...message, fields: message.fields.filter((field) => nameOf(field) !== name.toLowerCase()) };
}

/** In the place of every field with this name; a new one goes first. `value` is ASCII and short. */
export function withHeader(message: RawMessage, name: string, value: string): RawMessage {
  const { fields, rest } = withoutHeader(message, name);
  return { fields: [`${name}: ${value}${LINE_END}`, ...fields], rest };
}

function nameOf(field: string): string {
  const colon = field.indexOf(':');
  return colon < 0 ? '' : field.slice(0, colon).trimEnd().toLowerCase();
}

/** Where the empty line begins; the length of the message if there is none. */
function headerEnd(message: Uint8Array): number {
  const LF = 0x0a;
  const CR = 0x0d;
  for (let at = 0; at < message.length; ) {
    const next = message.indexOf(LF, at);
    const isEmpty = message[at] === LF || (message[at] === CR && message[at + 1] === LF);
    if (isEmpty) return at;
    if (next < 0) break;
    at = next + 1;
  }
  return message.length;
}
