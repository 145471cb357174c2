/** A message as it is, as a string that a document can carry: for bodies of type MIME. */
import { isUtf8 } from 'node:buffer';
import { type FetchedMessage, parseMessage, type Part } from '../../backends/index.ts';
import { characterBoundary, decodeText } from './charset.ts';
import { cutToBytes } from './truncation.ts';
import { xmlText } from './xml-text.ts';

const BASE64_LINE_CHARACTERS = 76;
const ENCODING_FIELD = /^content-transfer-encoding:[^\n]*\n(?:[ \t][^\n]*\n)*/im;

/** At the most `limitBytes` bytes of the raw message; parts that are not UTF-8 are made base64 first. */
export function mimeText(
  message: FetchedMessage,
  limitBytes: number | undefined,
): { readonly text: string; readonly truncated: boolean } {
  const fetched = message.parts.get('');
  if (!fetched || limitBytes === 0) return { text: '', truncated: message.sizeBytes > 0 };
  const { bytes, complete } = fetched;
  const limit = Math.min(limitBytes ?? bytes.length, bytes.length);
  const part = bytes.subarray(0, limit);
  const cut = cutToBytes(xmlText(asUtf8(part) ?? asciiMime(part)), limitBytes);
  return { text: cut.text, truncated: cut.truncated || !complete || limit < bytes.length };
}

/** Undefined if the bytes are no UTF-8; a character that the end cuts in two is left out. */
function asUtf8(bytes: Uint8Array): string | undefined {
  const whole = bytes.subarray(0, characterBoundary(bytes, bytes.length));
  return isUtf8(whole) ? Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength).toString('utf8') : undefined;
}

/** The same message with its 8-bit parts in base64, since a string would change their bytes. */
function asciiMime(raw: Uint8Array): string {
  const parsed = parseMessage(raw);
  const ranges = leaves(parsed.structure)
    .flatMap(({ path, encoding }) => {
      const range = parsed.slice(path);
      return range && /^(?:7bit|8bit|binary)$/.test(encoding) ? [range] : [];
    })
    .toSorted((a, b) => a.start - b.start);
  let text = '';
  let at = 0;
  for (const { start, end } of ranges) {
    const content = raw.subarray(start, end);
    if (start < at || asUtf8(content) !== undefined) continue;
    text += withBase64(decodeText(raw.subarray(at, start), 'utf-8')) + base64Lines(content);
    at = end;
  }
  return text + decodeText(raw.subarray(at), 'utf-8');
}

function leaves(root: Part): readonly Part[] {
  const found: Part[] = [];
  const open: Part[] = [root];
  for (let it = open.pop(); it; it = open.pop()) {
    if (it.parts.length === 0) found.push(it);
    else open.push(...it.parts);
  }
  return found;
}

/** `before` ends with the header of the part: that gets another encoding. */
function withBase64(before: string): string {
  const delimiter = before.lastIndexOf('\n--') + 1;
  const header = before.slice(delimiter);
  const replaced = header.replace(ENCODING_FIELD, '');
  const end = /\r?\n$/.exec(replaced)?.[0] ?? '';
  return `${before.slice(0, delimiter)}${replaced.slice(0, replaced.length - end.length)}Content-Transfer-Encoding: base64\r\n${end || '\r\n'}`;
}

function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  const lines: string[] = [];
  for (let at = 0; at < text.length; at += BASE64_LINE_CHARACTERS)
    lines.push(text.slice(at, at + BASE64_LINE_CHARACTERS));
  return lines.join('\r\n');
}
