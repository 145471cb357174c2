/** Messages for seeds: a tree of parts written out with fixed boundaries, so that the same seed gives the same bytes. */
import { encodeWord } from 'nodemailer/lib/mime-funcs';

const BASE64_LINE_CHARACTERS = 76;

/** A leaf has `content`, a multipart `parts`. */
export interface SeedPart {
  /** With its parameters, without boundary. */
  readonly type: string;
  readonly encoding?: '7bit' | '8bit' | 'base64' | 'quoted-printable';
  /** Further fields of the part: `Content-ID` and the like. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly content?: string | Uint8Array;
  readonly parts?: readonly SeedPart[];
}

/** The whole message, with CRLF. Values of `fields` beyond ASCII become encoded words. */
export function composeSeed(fields: Readonly<Record<string, string>>, root: SeedPart): Buffer {
  const counter = { next: 1 };
  const header = Object.entries(fields).map(([name, value]) => `${name}: ${encodeText(value)}\r\n`);
  return Buffer.concat([Buffer.from(`${header.join('')}MIME-Version: 1.0\r\n`), renderPart(root, counter)]);
}

function renderPart(part: SeedPart, counter: { next: number }): Buffer {
  const fields = Object.entries(part.fields ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  if (part.parts) {
    const boundary = `----=_Part_${counter.next++}`;
    const chunks: Buffer[] = [
      Buffer.from(`Content-Type: ${part.type};\r\n\tboundary="${boundary}"\r\n${fields.join('')}\r\n`),
    ];
    for (const child of part.parts) {
      chunks.push(Buffer.from(`--${boundary}\r\n`), renderPart(child, counter), Buffer.from('\r\n'));
    }
    return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)]);
  }
  const encoding = part.encoding ?? '7bit';
  const head = `Content-Type: ${part.type}\r\nContent-Transfer-Encoding: ${encoding}\r\n${fields.join('')}\r\n`;
  return Buffer.concat([Buffer.from(head), encodeContent(part.content ?? '', encoding)]);
}

function encodeContent(content: string | Uint8Array, encoding: string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content.replaceAll(/\r?\n/g, '\r\n')) : Buffer.from(content);
  if (encoding === 'base64') {
    const lines = bytes.toString('base64').match(new RegExp(`.{1,${BASE64_LINE_CHARACTERS}}`, 'g')) ?? [];
    return Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
  }
  return encoding === 'quoted-printable' ? Buffer.from(quotedPrintable(bytes)) : bytes;
}

/** RFC 2045 section 6.7, with a soft line break every 24 characters, encoded or not, so that no line is too long. */
function quotedPrintable(bytes: Buffer): string {
  const lines = bytes.toString('latin1').split('\r\n');
  return lines
    .map((line) => {
      const encoded = line.replace(/[^ -<>-~]| $/g, (character) => {
        return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
      });
      const pieces = encoded.match(/(?:=[0-9A-F]{2}|[^=]){1,24}/g) ?? [];
      return pieces.join('=\r\n');
    })
    .join('\r\n');
}

/** A field's value, or only the name before an address, as encoded words. */
function encodeText(value: string): string {
  if (/^[\t\r\n -~]*$/.test(value)) return value;
  const address = /^(.*) (<[^<>]+>)$/.exec(value);
  if (address?.[1] && address[2]) return `${encodeWord(address[1], 'Q', 50)} ${address[2]}`;
  return encodeWord(value, 'Q', 50);
}
