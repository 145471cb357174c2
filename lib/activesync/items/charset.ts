/** Charsets as mail names them: bytes to Unicode, and the Windows code page numbers that Email:InternetCPID speaks of. */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

/** Labels seen in mail that the WHATWG registry behind TextDecoder lacks. */
const ALIASES: Readonly<Record<string, string>> = {
  '646': 'us-ascii',
  'ansi_x3.4-1986': 'us-ascii',
  cp932: 'shift_jis',
  'cp-932': 'shift_jis',
  ms932: 'shift_jis',
  cp936: 'gb18030',
  ms936: 'gb18030',
  cp949: 'euc-kr',
  cp950: 'big5',
  ansi: 'windows-1252',
  'cp-1252': 'windows-1252',
  'win-1252': 'windows-1252',
  'win-1251': 'windows-1251',
  'cp-1251': 'windows-1251',
  'iso-2022-jp-ms': 'iso-2022-jp',
  'iso-2022-jp-1': 'iso-2022-jp',
  'iso-2022-jp-2': 'iso-2022-jp',
  'iso-2022-jp-3': 'iso-2022-jp',
  'utf-8-mac': 'utf-8',
  utf8mb4: 'utf-8',
  utf_8: 'utf-8',
  utf7: 'utf-7',
  'unicode-1-1-utf-7': 'utf-7',
  ibm437: 'cp437',
  ibm850: 'cp850',
  ibm852: 'cp852',
  ibm858: 'cp858',
  unicode: 'utf-8',
  'x-user-defined': 'windows-1252',
};

const CODE_PAGE_NUMBERS: Readonly<Record<string, number>> = {
  'utf-8': 65001,
  'us-ascii': 20127,
  'iso-8859-1': 28591,
  'iso-8859-2': 28592,
  'iso-8859-3': 28593,
  'iso-8859-4': 28594,
  'iso-8859-5': 28595,
  'iso-8859-6': 28596,
  'iso-8859-7': 28597,
  'iso-8859-8': 28598,
  'iso-8859-8-i': 38598,
  'iso-8859-9': 28599,
  'iso-8859-13': 28603,
  'iso-8859-15': 28605,
  'windows-874': 874,
  'windows-1250': 1250,
  'windows-1251': 1251,
  'windows-1252': 1252,
  'windows-1253': 1253,
  'windows-1254': 1254,
  'windows-1255': 1255,
  'windows-1256': 1256,
  'windows-1257': 1257,
  'windows-1258': 1258,
  'koi8-r': 20866,
  'koi8-u': 21866,
  shift_jis: 932,
  'euc-jp': 51932,
  'iso-2022-jp': 50220,
  'euc-kr': 51949,
  gb2312: 936,
  gbk: 936,
  gb18030: 54936,
  big5: 950,
  cp437: 437,
  cp850: 850,
  cp852: 852,
  cp858: 858,
  ibm866: 866,
  'utf-7': 65000,
  'utf-16le': 1200,
  'utf-16be': 1201,
};

const UTF8_NUMBER = CODE_PAGE_NUMBERS['utf-8'] as number;
const ASCII = /^(?:us-ascii|ascii|utf-?8)$/;

const plainLabel = (label: string | undefined): string => {
  const name = (label ?? '')
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase();
  return ALIASES[name] ?? name;
};

/**
 * Text of bytes in the charset that a message names. A missing or unknown name, and one that the bytes contradict
 * (8-bit in `us-ascii`, broken `utf-8`), is read as UTF-8 where that is valid, else as Windows-1252. Never throws.
 */
export function decodeText(bytes: Uint8Array, label: string | undefined): string {
  const name = plainLabel(label);
  if (name !== '' && !ASCII.test(name)) {
    try {
      return new TextDecoder(name).decode(bytes);
    } catch {
      const text = decodeOld(bytes, name);
      if (text !== undefined) return text;
      // No such charset: guessed below.
    }
  }
  return decodeGuessed(bytes, name.startsWith('utf'));
}

/** What `iconv-lite` takes for charsets too. */
const NO_CHARSETS = /^(?:base64|hex|binary)$/;

/** Charsets of old mail that TextDecoder does not know: utf-7 (RFC 2152), the code pages of DOS. Undefined: nobody does. */
const decodeOld = (bytes: Uint8Array, name: string): string | undefined =>
  NO_CHARSETS.test(name) || !iconv.encodingExists(name) ? undefined : iconv.decode(bytes, name);

function decodeGuessed(bytes: Uint8Array, saysUtf8: boolean): string {
  if (isUtf8(bytes)) return utf8Text(bytes);
  // A part that was cut may end inside a character: in what is UTF-8 otherwise, that is no sign of another charset.
  const whole = bytes.subarray(0, characterBoundary(bytes, bytes.length));
  if (isUtf8(whole) && (saysUtf8 || whole.some((byte) => byte > 0x7f))) return utf8Text(whole);
  return new TextDecoder(saysUtf8 && isMostlyUtf8(bytes) ? 'utf-8' : 'windows-1252').decode(bytes);
}

/** Without the byte order mark that some programs put in front. */
function utf8Text(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

/** A single bad byte in a long UTF-8 text must not turn all of it into gibberish. */
function isMostlyUtf8(bytes: Uint8Array): boolean {
  const text = new TextDecoder('utf-8').decode(bytes);
  let good = 0;
  let bad = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0xfffd) bad++;
    else if (code > 0x7f) good++;
  }
  return good > bad;
}

/** The last place at or before `limit` where UTF-8 bytes can be cut without cutting a character. */
export function characterBoundary(bytes: Uint8Array, limit: number): number {
  const end = Math.min(limit, bytes.length);
  let start = end;
  for (let back = 0; back < 4 && start > 0; back++) {
    start--;
    const byte = bytes[start] as number;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return start + length <= end ? end : start;
  }
  return end;
}

/** The Windows code page number of a charset; UTF-8's for those that are missing or unknown. */
export function codePageNumber(label: string | undefined): number {
  const name = plainLabel(label);
  if (name === '' || name === 'ascii') return CODE_PAGE_NUMBERS['us-ascii'] as number;
  const known = CODE_PAGE_NUMBERS[name];
  if (known !== undefined) return known;
  try {
    return CODE_PAGE_NUMBERS[new TextDecoder(name).encoding] ?? UTF8_NUMBER;
  } catch {
    return UTF8_NUMBER;
  }
}
