/** Content-Transfer-Encoding (RFC 2045 section 6): tolerant decoding of whole and of cut parts, and sizes without decoding. */

/** Of a base64 body as mailers wrap it: 76 characters and a line break carry 57 bytes. */
const BASE64_LINE_BYTES = 78;
const BASE64_LINE_CARRIES = 57;

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const EQUALS = 0x3d;

/** The content; encodings without a meaning here (7bit, 8bit, binary, unknown ones) are given back as they are. */
export function decodeTransfer(bytes: Uint8Array, encoding: string): Uint8Array {
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      return decodeBase64(bytes);
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes);
    default:
      return bytes;
  }
}

/** How many bytes the decoded content has, guessed from the encoded size. */
export function decodedSize(encodedBytes: number, encoding: string): number {
  if (encoding.trim().toLowerCase() !== 'base64') return encodedBytes;
  const lines = Math.floor(encodedBytes / BASE64_LINE_BYTES);
  const rest = encodedBytes - lines * BASE64_LINE_BYTES;
  return lines * BASE64_LINE_CARRIES + Math.floor((rest * 3) / 4);
}

/** Whatever is not of the alphabet is skipped; what follows padding in the middle is decoded too, as joined pieces are. */
function decodeBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const padding = text.indexOf('=');
  if (padding < 0 || !/[A-Za-z0-9+/]/.test(text.slice(padding, padding + 200).replaceAll('=', ''))) {
    return Buffer.from(text, 'base64');
  }
  return decodeJoined(bytes);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SIXTETS: ReadonlyMap<number, number> = new Map(
  ALPHABET.split('').map((it, value) => [it.charCodeAt(0), value] as const),
);

/** One loop, and no piece of memory for each of what may be millions of joined pieces. */
function decodeJoined(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4));
  let length = 0;
  let held = 0;
  let bits = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const sixtet = SIXTETS.get(byte);
    if (byte === EQUALS) bits = 0;
    if (sixtet === undefined) continue;
    held = ((held << 6) | sixtet) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out[length++] = (held >> bits) & 0xff;
  }
  return out.subarray(0, length);
}

const hexDigit = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x41 && byte <= 0x46) return byte - 0x37;
  return byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1;
};

/** RFC 2045 section 6.7; an escape that is none stays as it is, but for one that the end of a cut part left incomplete. */
function decodeQuotedPrintable(bytes: Uint8Array): Uint8Array {
  const out = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  let lineEnd = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === EQUALS) {
      const high = hexDigit(bytes[at + 1]);
      const low = hexDigit(bytes[at + 2]);
      if (high >= 0 && low >= 0) {
        out[length++] = high * 16 + low;
        lineEnd = length;
        at += 2;
        continue;
      }
      let after = at + 1;
      while (bytes[after] === SPACE || bytes[after] === TAB) after++;
      if (bytes[after] === CR && bytes[after + 1] === LF) after++;
      if (after >= bytes.length || bytes[after] === LF || bytes[after] === CR) {
        at = after;
        lineEnd = length;
        continue;
      }
      if (high >= 0 && at + 2 >= bytes.length) break;
      out[length++] = byte;
      lineEnd = length;
      continue;
    }
    // White space before a line break was put there on the way.
    if (byte === LF || byte === CR) length = byte === LF && out[length - 1] === CR ? length : lineEnd;
    out[length++] = byte;
    if (byte !== SPACE && byte !== TAB) lineEnd = length;
  }
  return out.subarray(0, length);
}
