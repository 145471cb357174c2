/** A message as it is, as a string that a document can carry: for bodies of type MIME. */
import type { FetchedMessage } from '../../backends/index.ts';
import { characterBoundary } from './charset.ts';
import { xmlText } from './xml-text.ts';

/** At the most `limitBytes` bytes of the raw message; a message that is not UTF-8 is made so first. */
export function mimeText(
  message: FetchedMessage,
  limitBytes: number | undefined,
): { text: string; truncated: boolean } {
  const fetched = message.parts.get('');
  if (!fetched || limitBytes === 0) return { text: '', truncated: message.sizeBytes > 0 };
  const bytes = fetched.bytes;
  const limit = Math.min(limitBytes ?? bytes.length, bytes.length);
  const cut = bytes.subarray(0, characterBoundary(bytes, limit));
  const truncated = !fetched.complete || limit < bytes.length;
  return { text: xmlText(utf8Text(cut)), truncated };
}

function utf8Text(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
