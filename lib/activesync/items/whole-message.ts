/** A message that is here as a whole: as the renderer sees it, and taken apart for being put together anew. */
import {
  type FetchedMessage,
  type FetchedPart,
  type MessageFlags,
  parseMessage,
  type Part,
} from '../../backends/index.ts';
import { attachmentName } from './attachments.ts';
import { bareId, bodyStructure } from './body-structure.ts';
import { MessageHeader } from './message-header.ts';
import { type Protection, protectionOf } from './security.ts';
import { shownText } from './shown-text.ts';
import { decodeTransfer } from './transfer-encoding.ts';

/** As if every part of it had been fetched. */
export function wholeMessage(
  raw: Uint8Array,
  state: { readonly uid?: number; readonly flags?: MessageFlags; readonly receivedAt?: Date } = {},
): FetchedMessage {
  const parsed = parseMessage(raw);
  const { header, structure } = parsed;
  const parts = new Map<string, FetchedPart>([['', { bytes: raw, complete: true }]]);
  const open: Part[] = [structure];
  for (let it = open.pop(); it; it = open.pop()) {
    const range = it.path === '' ? undefined : parsed.slice(it.path);
    if (range) parts.set(it.path, { bytes: raw.subarray(range.start, range.end), complete: true });
    open.push(...it.parts);
  }
  const { uid = 0, flags = [], receivedAt = new Date(0) } = state;
  return { uid, flags, receivedAt, sizeBytes: raw.length, header, structure, parts };
}

export interface ContentAttachment {
  readonly path?: string;
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Without angle brackets. */
  readonly contentId?: string;
  readonly contentLocation?: string;
  readonly isInline: boolean;
}

export interface MessageContent {
  /** Undefined where the message has only HTML. */
  readonly text: string | undefined;
  readonly html: string | undefined;
  readonly attachments: readonly ContentAttachment[];
}

export interface ReadMessage extends MessageContent {
  readonly raw: Uint8Array;
  readonly header: MessageHeader;
  readonly headerBlock: Uint8Array;
  readonly protection: Protection;
  /** Has an invitation or an answer to one beside its text. */
  readonly hasCalendar: boolean;
}

export function readMessage(raw: Uint8Array): ReadMessage {
  const message = wholeMessage(raw);
  const body = bodyStructure(message.structure);
  const hasPlain = body.plain.some((it) => it.type === 'text/plain');
  const calendar =
    body.calendar && body.attachments.every((it) => it.part !== body.calendar)
      ? [{ part: body.calendar, isInline: false }]
      : [];
  return {
    raw,
    header: new MessageHeader(message.header),
    headerBlock: message.header,
    protection: protectionOf(message.structure),
    hasCalendar: body.calendar !== undefined,
    text: hasPlain || !body.html ? shownText(message, body.plain, false).text : undefined,
    html: body.html && shownText(message, body.html, true).text,
    attachments: [...body.attachments, ...calendar].map(({ part, isInline }) => ({
      path: part.path,
      name: attachmentName(part),
      contentType: contentTypeOf(part),
      bytes: decodeTransfer(message.parts.get(part.path)?.bytes ?? new Uint8Array(), part.encoding),
      ...(bareId(part.id) === undefined ? {} : { contentId: bareId(part.id) }),
      ...(part.location ? { contentLocation: part.location } : {}),
      isInline,
    })),
  };
}

/** With the parameters without which the content would mean something else. */
function contentTypeOf(part: Part): string {
  let type = part.type;
  for (const name of ['charset', 'method', 'smime-type', 'protocol'] as const) {
    const value = part.parameters[name];
    if (value && /^[\w./+:-]{1,60}$/.test(value)) type += `; ${name}=${value}`;
  }
  return type;
}
