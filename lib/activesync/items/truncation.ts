/** Cutting text to a TruncationSize: bytes of UTF-8, never a character in two (MS-ASAIRS 2.2.2.40). */
import { characterBoundary } from './charset.ts';

export interface Cut {
  readonly text: string;
  /** Bytes of UTF-8 before the cut. */
  readonly sizeBytes: number;
  readonly truncated: boolean;
}

/** The longest beginning that fits `limitBytes`; undefined: all of it. `sizeBytes`: of the text, where it is known. */
export function cutToBytes(text: string, limitBytes: number | undefined, sizeBytes = Buffer.byteLength(text)): Cut {
  if (limitBytes === undefined || sizeBytes <= limitBytes) return { text, sizeBytes, truncated: false };
  // Every UTF-16 unit is at least one byte: what lies behind cannot be in.
  const bytes = Buffer.from(text.slice(0, limitBytes));
  return { text: bytes.toString('utf8', 0, characterBoundary(bytes, limitBytes)), sizeBytes, truncated: true };
}

/** Like `cutToBytes`, and not inside an HTML tag if a whole one can be left out cheaply: a half tag shows as text. */
export function cutHtmlToBytes(html: string, limitBytes: number | undefined, sizeBytes?: number): Cut {
  const cut = cutToBytes(html, limitBytes, sizeBytes);
  if (!cut.truncated) return cut;
  const open = cut.text.lastIndexOf('<');
  if (open < cut.text.length / 2 || cut.text.indexOf('>', open) >= 0) return cut;
  return { ...cut, text: cut.text.slice(0, open) };
}
