/**
 * SmartReply and SmartForward (MS-ASCMD 2.2.1.19, 2.2.1.20): the device sends what its user wrote, the server adds the
 * original: quoted below an answer, whole and with its attachments in a forwarding. The device's own header stays as it is.
 */
import { createHash } from 'node:crypto';
import { displayName, parseAddresses } from './addresses.ts';
import { escapeHtml, htmlToText, textToHtmlFragment } from './body-text.ts';
import { answeringThreadIndex, sentAt } from './conversation.ts';
import { appendHtml, innerHtml } from './html-document.ts';
import type { MessageHeader } from './message-header.ts';
import { headerLine, keptFields, rawHeaderLine, writeMessage } from './mime-writer.ts';
import { baseSubject } from './subject.ts';
import { type ContentAttachment, readMessage, type ReadMessage } from './whole-message.ts';

/** RFC 5322 has no bound; a longer list keeps its beginning and its end. */
const REFERENCES_LIMIT = 30;
const NOTHING_ADDED: ReadonlySet<string> = new Set();

export interface Composition {
  readonly kind: 'reply' | 'forward';
  /** The device's MIME. */
  readonly message: Uint8Array;
  /** The raw message that is answered or forwarded. */
  readonly original: Uint8Array;
  /** The device has put in of the original what it wants (ComposeMail:ReplaceMime). */
  readonly replaceMime: boolean;
  /** Where the device's message has no date; else the same message composed again gives the same bytes. */
  readonly now: Date;
}

/**
 * The message to send. One that is signed, encrypted or an invitation cannot be added to: it gets the threading fields alone,
 * as does every one with `replaceMime`. An original of that kind is forwarded as an attached message.
 */
export async function composeMessage({ kind, message, original, replaceMime, now }: Composition): Promise<Uint8Array> {
  const own = readMessage(message);
  const other = readMessage(original);
  const threading = threadingFields(kind, own.header, other.header, now);
  if (replaceMime || own.protection !== 'none' || own.hasCalendar) return withFields(threading, message);
  const added = kind === 'reply' ? reply(own, other) : forward(own, other);
  const header = Buffer.concat([keptFields(own.headerBlock, NOTHING_ADDED), Buffer.from(threading)]);
  const seed = createHash('sha256').update(message).update(original).digest('hex').slice(0, 24);
  return writeMessage(header, added, `cv_${seed}`);
}

const withFields = (fields: string, message: Uint8Array): Uint8Array =>
  fields === '' ? message : Buffer.concat([Buffer.from(fields), message]);

function reply(own: ReadMessage, other: ReadMessage) {
  const isProtected = other.protection === 'opaque' || other.protection === 'pgp';
  if (isProtected) return own;
  const who = parseAddresses(other.header.raw('from'))[0];
  const line = `On ${other.header.text('date') ?? 'an unknown date'}, ${who ? displayName(who) : 'somebody'} wrote:`;
  const html =
    own.html &&
    appendHtml(
      own.html,
      `<br>\r\n<div>${escapeHtml(line)}</div>\r\n<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex">\r\n${fragmentOf(other)}\r\n</blockquote>\r\n`,
    );
  const plain = () => `${trimmed(own.text)}\r\n\r\n${line}\r\n${quoted(textOf(other))}\r\n`;
  return {
    text: own.html === undefined || own.text !== undefined ? plain() : undefined,
    html,
    attachments: html === undefined ? own.attachments : [...own.attachments, ...newOnly(inlineOf(other), own)],
  };
}

function forward(own: ReadMessage, other: ReadMessage) {
  if (other.protection !== 'none') return { ...own, attachments: [...own.attachments, asMessage(other)] };
  const fields = forwardedFields(other.header);
  const html =
    own.html &&
    appendHtml(
      own.html,
      `<br>\r\n<hr>\r\n<div>${fields.map(([name, value]) => `<b>${name}:</b> ${escapeHtml(value)}<br>`).join('\r\n')}</div>\r\n<br>\r\n${fragmentOf(other)}\r\n`,
    );
  const plain = () =>
    [
      trimmed(own.text),
      '',
      '-----Original Message-----',
      ...fields.map(([name, value]) => `${name}: ${value}`),
      '',
      textOf(other),
      '',
    ].join('\r\n');
  // Pictures that a plain text cannot show are attachments like others.
  const attached = html === undefined ? other.attachments.map((it) => ({ ...it, isInline: false })) : other.attachments;
  return {
    text: own.html === undefined || own.text !== undefined ? plain() : undefined,
    html,
    attachments: [...own.attachments, ...newOnly(attached, own)],
  };
}

const trimmed = (text: string | undefined): string => (text ?? '').trimEnd();

const textOf = (it: ReadMessage): string => it.text ?? htmlToText(it.html ?? '');

const fragmentOf = (it: ReadMessage): string =>
  it.html === undefined ? `<div>${textToHtmlFragment(it.text ?? '')}</div>` : innerHtml(it.html);

const quoted = (text: string): string =>
  text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd()))
    .join('\r\n');

/** The pictures that the quoted HTML shows. */
const inlineOf = ({ attachments, html = '' }: ReadMessage): readonly ContentAttachment[] =>
  attachments.filter(
    (it) =>
      it.isInline &&
      ((it.contentId !== undefined && html.includes(it.contentId)) ||
        (it.contentLocation !== undefined && html.includes(it.contentLocation))),
  );

/** A device that kept a picture of the original must not send it twice. */
const newOnly = (list: readonly ContentAttachment[], own: ReadMessage): readonly ContentAttachment[] =>
  list.filter((it) => it.contentId === undefined || own.attachments.every((mine) => mine.contentId !== it.contentId));

function asMessage({ raw, header }: ReadMessage): ContentAttachment {
  const name = (header.text('subject') ?? '').replace(/[\\/:*?"<>|]+/g, ' ').trim() || 'message';
  return { name: `${name}.eml`, contentType: 'message/rfc822', bytes: raw, isInline: false };
}

function forwardedFields(header: MessageHeader): readonly (readonly [string, string])[] {
  const fields = [
    ['From', 'from'],
    ['Sent', 'date'],
    ['To', 'to'],
    ['Cc', 'cc'],
    ['Subject', 'subject'],
  ] as const;
  return fields.flatMap(([name, field]) => {
    const value = header.text(field);
    return value ? [[name, value] as const] : [];
  });
}

/** RFC 5322 section 3.6.4, and Outlook's own, where the device left them out. */
function threadingFields(kind: 'reply' | 'forward', own: MessageHeader, other: MessageHeader, now: Date): string {
  const id = /<[^<>\s]+>/.exec(other.raw('message-id') ?? '')?.[0];
  const before = [...(other.raw('references') ?? other.raw('in-reply-to') ?? '').matchAll(/<[^<>\s]+>/g)].map(
    (it) => it[0],
  );
  const all = id === undefined ? before : [...before.filter((it) => it !== id), id];
  const references = all.length > REFERENCES_LIMIT ? [...all.slice(0, 1), ...all.slice(1 - REFERENCES_LIMIT)] : all;
  const missing = (name: string) => own.raw(name) === undefined;
  return [
    kind === 'reply' && missing('in-reply-to') ? rawHeaderLine('In-Reply-To', id) : '',
    missing('references') ? rawHeaderLine('References', references.join(' ')) : '',
    missing('thread-topic')
      ? headerLine('Thread-Topic', other.text('thread-topic') ?? baseSubject(other.text('subject') ?? ''))
      : '',
    missing('thread-index') ? rawHeaderLine('Thread-Index', answeringThreadIndex(other, now, sentAt(own) ?? now)) : '',
  ].join('');
}
