/** Drafts of 16.x: what a device wrote, made a message, or laid over the message that the draft is (MS-ASEMAIL 2.2.2.42). */
import { createHash } from 'node:crypto';
import type { Account } from '../../backends/index.ts';
import {
  bytes,
  child,
  children,
  type Element,
  flag,
  integer,
  MalformedValue,
  type ProtocolVersion,
  text,
  textOf,
} from '../protocol/index.ts';
import type { TagName } from '../protocol/index.ts';
import { type Mailbox, parseAddresses } from './addresses.ts';
import { htmlToText } from './body-text.ts';
import type { ReadDraft } from './email.ts';
import { BODY_TYPES } from './email-options.ts';
import { parseFileReference } from './file-reference.ts';
import { addressLine, headerLine, keptFields, rawHeaderLine, writeMessage } from './mime-writer.ts';
import { type ContentAttachment, readMessage, type ReadMessage } from './whole-message.ts';
import { oneLine } from './xml-text.ts';

const BOUNDARY_CHARACTERS = 24;
const ADDRESS_FIELDS = [
  ['Email:To', 'To'],
  ['Email:Cc', 'Cc'],
  ['Email2:Bcc', 'Bcc'],
  ['Email:ReplyTo', 'Reply-To'],
] as const;

/** Whose draft it is, and when it was written. */
export interface DraftAuthor {
  readonly account: Account;
  readonly now: Date;
}

/** Undefined: unchanged. */
export interface DraftContent {
  /** By header name; an empty list takes the field away. */
  readonly addresses: ReadonlyMap<string, readonly Mailbox[]>;
  readonly subject: string | undefined;
  readonly importance: 0 | 1 | 2 | undefined;
  readonly body: { readonly type: number; readonly data: Uint8Array } | undefined;
  readonly added: readonly ContentAttachment[];
  /** Section numbers in the original. */
  readonly deletedPaths: ReadonlySet<string>;
  /** The same for the same words of the device. */
  readonly digest: string;
}

/** `it` is the Add, or its ApplicationData. Throws MalformedValue: Status 6. */
export function readDraft(it: Element, _version: ProtocolVersion, author: DraftAuthor): ReadDraft {
  const data = child(it, 'AirSync:ApplicationData') ?? it;
  const content = readDraftContent(data) ?? { ...EMPTY, digest: digestOf(data) };
  const clientId = text(it, 'AirSync:ClientId') ?? '';
  const isRead = flag(data, 'Email:Read') ?? true;
  return {
    message: () => applyDraft(content, author, undefined, clientId),
    flags: ['\\Draft', ...(isRead ? ['\\Seen'] : [])],
    send: isToBeSent(it),
  };
}

/** Send stands beside ApplicationData (MS-ASEMAIL 2.2.2.69); some devices put it inside. */
export const isToBeSent = (it: Element): boolean =>
  flag(it, 'Email2:Send') ?? flag(child(it, 'AirSync:ApplicationData'), 'Email2:Send') ?? false;

const EMPTY: Omit<DraftContent, 'digest'> = {
  addresses: new Map(),
  subject: undefined,
  importance: undefined,
  body: undefined,
  added: [],
  deletedPaths: new Set(),
};

/** Undefined if nothing of a draft's content is there. Throws MalformedValue. */
export function readDraftContent(data: Element): DraftContent | undefined {
  const body = child(data, 'AirSyncBase:Body');
  const attachments = child(data, 'AirSyncBase:Attachments');
  const tags: readonly TagName[] = [...ADDRESS_FIELDS.map(([tag]) => tag), 'Email:Subject', 'Email:Importance'];
  if (!body && !attachments && !tags.some((tag) => child(data, tag))) return undefined;
  const importance = child(data, 'Email:Importance') && integer(data, 'Email:Importance');
  if (importance !== undefined && importance !== 0 && importance !== 1 && importance !== 2) {
    throw new MalformedValue('Email:Importance', String(importance), '0, 1 or 2');
  }
  return {
    addresses: new Map(
      ADDRESS_FIELDS.flatMap(([tag, name]) => (child(data, tag) ? [[name, addressesOf(text(data, tag))]] : [])),
    ),
    subject: child(data, 'Email:Subject') && (text(data, 'Email:Subject') ?? ''),
    importance,
    body: body && readBody(body),
    added: children(attachments, 'AirSyncBase:Add').map(readAttachment),
    deletedPaths: new Set(children(attachments, 'AirSyncBase:Delete').map(deletedPath)),
    digest: digestOf(data),
  };
}

/** Devices separate by commas and by semicolons. */
const addressesOf = (value: string | undefined): readonly Mailbox[] =>
  parseAddresses((value ?? '').replace(/"[^"]*"|;/g, (it) => (it === ';' ? ',' : it)));

function readBody(body: Element): { type: number; data: Uint8Array } {
  const type = integer(body, 'AirSyncBase:Type') ?? BODY_TYPES.plain;
  if (type !== BODY_TYPES.plain && type !== BODY_TYPES.html && type !== BODY_TYPES.mime) {
    throw new MalformedValue('AirSyncBase:Type', String(type), '1, 2 or 4');
  }
  return { type, data: bytes(body, 'AirSyncBase:Data') ?? new Uint8Array() };
}

function readAttachment(it: Element): ContentAttachment {
  const content = child(it, 'AirSyncBase:Content');
  if (!content) throw new MalformedValue('AirSyncBase:Content', '', 'the attachment');
  const contentType = oneLine(text(it, 'AirSyncBase:ContentType') ?? '').toLowerCase();
  const contentId = oneLine(text(it, 'AirSyncBase:ContentId') ?? '').replace(/[<>\s]/g, '');
  const contentLocation = oneLine(text(it, 'AirSyncBase:ContentLocation') ?? '');
  return {
    name: oneLine(text(it, 'AirSyncBase:DisplayName') ?? '') || 'attachment',
    contentType: /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/.test(contentType) ? contentType : 'application/octet-stream',
    // Opaque bytes are the content itself; as text it is base64.
    bytes: content.content instanceof Uint8Array ? content.content : Buffer.from(textOf(content), 'base64'),
    ...(contentId === '' ? {} : { contentId }),
    ...(contentLocation === '' ? {} : { contentLocation }),
    isInline: (flag(it, 'AirSyncBase:IsInline') ?? false) && contentId !== '',
  };
}

function deletedPath(it: Element): string {
  const reference = text(it, 'AirSyncBase:FileReference') ?? '';
  const parsed = parseFileReference(reference);
  if (!parsed) throw new MalformedValue('AirSyncBase:FileReference', reference, 'one that the server gave');
  return parsed.path;
}

function digestOf(it: Element): string {
  const hash = createHash('sha256');
  const add = (element: Element) => {
    hash.update(`<${element.tag}>`);
    if (typeof element.content === 'string' || element.content instanceof Uint8Array) hash.update(element.content);
    else element.content.forEach(add);
    hash.update('</>');
  };
  add(it);
  return hash.digest('hex');
}

/** The message as it is to be kept, or sent: without `original` a new one, whose id a repetition gets again. */
export async function applyDraft(
  content: DraftContent,
  { account, now }: DraftAuthor,
  original: Uint8Array | undefined,
  clientId = '',
): Promise<Uint8Array> {
  const before = original && readMessage(original);
  const replaced = new Set([...content.addresses.keys()].map((it) => it.toLowerCase()));
  if (content.subject !== undefined) replaced.add('subject').add('thread-topic');
  if (content.importance !== undefined)
    replaced.add('importance').add('x-priority').add('priority').add('x-msmail-priority');
  replaced.add('date');
  const kept = before ? keptFields(before.headerBlock, replaced) : new Uint8Array();
  const [address = account.user] = account.addresses;
  const id = createHash('sha256').update(`${account.user}\n${clientId}\n${content.digest}`).digest('hex').slice(0, 32);
  const written = [
    before?.header.raw('from') ? '' : addressLine('From', [{ name: account.displayName ?? '', address }]),
    ...ADDRESS_FIELDS.map(([, name]) => addressLine(name, content.addresses.get(name) ?? [])),
    headerLine('Subject', content.subject),
    content.importance === undefined || content.importance === 1
      ? ''
      : `Importance: ${content.importance === 2 ? 'high' : 'low'}\r\nX-Priority: ${content.importance === 2 ? '1' : '5'}\r\n`,
    rawHeaderLine('Date', now.toUTCString().replace('GMT', '+0000')),
    before?.header.raw('message-id') ? '' : `Message-ID: <${id}@${address.split('@')[1] ?? 'localhost'}>\r\n`,
  ];
  const header = Buffer.concat([kept, Buffer.from(written.join(''))]);
  return writeMessage(header, bodyOf(content, before), `cv_${content.digest.slice(0, BOUNDARY_CHARACTERS)}`);
}

function bodyOf({ body, added, deletedPaths }: DraftContent, before: ReadMessage | undefined) {
  const kept = (before?.attachments ?? []).filter((it) => it.path === undefined || !deletedPaths.has(it.path));
  if (!body) return { text: before?.text, html: before?.html, attachments: [...kept, ...added] };
  if (body.type === BODY_TYPES.mime) {
    const whole = readMessage(body.data);
    return { text: whole.text, html: whole.html, attachments: [...kept, ...whole.attachments, ...added] };
  }
  const data = Buffer.from(body.data).toString('utf8');
  const isHtml = body.type === BODY_TYPES.html;
  // Recipients that show no HTML get its text.
  return { text: isHtml ? htmlToText(data) : data, html: isHtml ? data : undefined, attachments: [...kept, ...added] };
}
