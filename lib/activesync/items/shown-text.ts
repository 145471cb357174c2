/** The text of a message's body, decoded and converted from as much of its parts as was fetched. */
import type { FetchedMessage, FetchedPart, Part } from '../../backends/index.ts';
import { declareUtf8, HTML_END, HTML_START, htmlToText, textToHtml, textToHtmlFragment, unflow } from './body-text.ts';
import { decodeText } from './charset.ts';
import { innerHtml } from './html-document.ts';
import { decodedSize, decodeTransfer } from './transfer-encoding.ts';
import { xmlText } from './xml-text.ts';

export interface ShownText {
  readonly text: string;
  /** Bytes of UTF-8 of `text`. */
  readonly textBytes: number;
  /** False if some of it was not fetched. */
  readonly complete: boolean;
  /** Bytes of UTF-8 of all of it: exact if complete, else by the proportion of what is here. */
  readonly sizeBytes: number;
}

/** A part's own text, white space as it is. */
export function partText(part: Part, fetched: FetchedPart): string {
  const text = decodeText(decodeTransfer(fetched.bytes, part.encoding), part.parameters['charset']);
  if (part.type !== 'text/plain' || part.parameters['format']?.toLowerCase() !== 'flowed') return text;
  return unflow(text, part.parameters['delsp']?.toLowerCase() === 'yes');
}

export function shownText(message: FetchedMessage, parts: readonly Part[], asHtml: boolean): ShownText {
  if (parts.length === 0) return { text: '', textBytes: 0, complete: true, sizeBytes: 0 };
  const alone = parts.length === 1;
  const pieces: string[] = [];
  let complete = true;
  /** Of what was not fetched, by the proportion of what was. */
  let missingBytes = 0;
  for (const part of parts) {
    const fetched = message.parts.get(part.path);
    if (!fetched) {
      if (part.sizeBytes > 0) complete = false;
      missingBytes += decodedSize(part.sizeBytes, part.encoding);
      continue;
    }
    const text = partText(part, fetched);
    const piece = xmlText(
      asHtml ? asHtmlPiece(part, text, alone) : part.type === 'text/html' ? htmlToText(text) : text,
    );
    pieces.push(piece);
    if (!fetched.complete) missingBytes += missing(Buffer.byteLength(piece), fetched.bytes.length, part);
    complete &&= fetched.complete;
  }
  const joined = asHtml && !alone ? `${HTML_START}${pieces.join('<br>\r\n')}${HTML_END}` : pieces.join('\r\n\r\n');
  const textBytes = Buffer.byteLength(joined);
  return { text: joined, textBytes, complete, sizeBytes: textBytes + missingBytes };
}

function asHtmlPiece(part: Part, text: string, alone: boolean): string {
  if (part.type === 'text/html') return alone ? declareUtf8(text) : innerHtml(text);
  return alone ? textToHtml(text) : `<div>${textToHtmlFragment(text)}</div>`;
}

function missing(size: number, encodedBytes: number, part: Part): number {
  if (encodedBytes === 0) return decodedSize(part.sizeBytes, part.encoding);
  return Math.max(1, Math.round((size * part.sizeBytes) / encodedBytes) - size);
}
