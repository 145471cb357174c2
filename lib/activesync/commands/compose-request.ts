/**
 * What SendMail, SmartReply and SmartForward ask, in both their forms: at 12.1 the body is the message and the query says
 * the rest; since 14.0 all of it is a document (MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20).
 */
import { createHash } from 'node:crypto';
import { htmlToText } from '../items/index.ts';
import {
  atLeast,
  bytes,
  child,
  children,
  CommonStatus,
  type Element,
  flag,
  parseTimestamp,
  text,
} from '../protocol/index.ts';
import type { CommandRequest } from './command.ts';
import { serverIdOfLongId } from './long-id.ts';

export interface ComposeRequest {
  /** What makes a repetition known: the device's own id for the send; at 12.1, which has none, a digest. */
  readonly clientId: string;
  readonly message: Uint8Array;
  readonly saveInSent: boolean;
  /** The original is not to be added. */
  readonly replaceMime: boolean;
  /** What is answered or forwarded. */
  readonly source: MessageSource | undefined;
  /** 16.x: whom an event is forwarded to, in the place of `message`, which says then what a repetition is known by. */
  readonly forwardees?: { readonly recipients: readonly string[]; readonly text: string };
}

export interface MessageSource {
  readonly serverId: string;
  /** Where it is, if the device says so. */
  readonly collectionId: string | undefined;
  /** The occurrence of a series in the calendar. */
  readonly instance?: Date;
}

/** MS-ASCMD 6.2: the longest ClientId. */
const MAX_CLIENT_ID_CHARACTERS = 40;
const ADDRESS = /^[^\s<>,;@]+@[^\s<>,;@]+$/;

/** The request, or the common status that refuses it. */
export function readComposeRequest(request: CommandRequest): ComposeRequest | number {
  return request.version === '12.1' ? readMimeForm(request) : readDocumentForm(request);
}

function readMimeForm({ command, document, body, parameters }: CommandRequest): ComposeRequest | number {
  if (document || body.length === 0) return CommonStatus.invalidContent;
  const source = sourceOf(parameters.longId, parameters.itemId, parameters.collectionId);
  if (typeof source === 'number') return source;
  const digest = createHash('sha256')
    .update(`${command}\n${source?.serverId ?? ''}\n`)
    .update(body);
  return {
    clientId: digest.digest('hex').slice(0, MAX_CLIENT_ID_CHARACTERS),
    message: body,
    saveInSent: parameters.saveInSent,
    replaceMime: false,
    source,
  };
}

function readDocumentForm(request: CommandRequest): ComposeRequest | number {
  const { document, body } = request;
  if (!document) return body.length > 0 ? CommonStatus.invalidContent : CommonStatus.invalidXml;
  const forwardees = readForwardees(request, document);
  if (typeof forwardees === 'number') return forwardees;
  const message = forwardees ? gistOf(document) : bytes(document, 'ComposeMail:Mime');
  const clientId = text(document, 'ComposeMail:ClientId') ?? '';
  if (message === undefined || clientId === '' || clientId.length > MAX_CLIENT_ID_CHARACTERS) {
    return CommonStatus.invalidXml;
  }
  // R724: Settings hands out no AccountId, so none is valid.
  if (text(document, 'ComposeMail:AccountId')) return CommonStatus.invalidAccountId;
  const source = readSource(child(document, 'ComposeMail:Source'));
  if (typeof source === 'number') return source;
  return {
    clientId,
    message,
    saveInSent: forwardees ? true : (flag(document, 'ComposeMail:SaveInSentItems') ?? false),
    replaceMime: flag(document, 'ComposeMail:ReplaceMime') ?? false,
    source,
    ...(forwardees && { forwardees }),
  };
}

/** What a repetition of a request without a message is known by. */
const gistOf = (document: Element): Uint8Array => {
  const said = (element: Element | undefined) => JSON.stringify(element?.content ?? '');
  const source = createHash('sha256')
    .update(said(child(document, 'ComposeMail:Source')))
    .digest('hex');
  const others = [child(document, 'ComposeMail:Forwardees'), child(document, 'AirSyncBase:Body')].map(said);
  return Buffer.from(`Subject: ${source}\r\n\r\n${others.join('\r\n')}\r\n`);
};

function readForwardees(
  { command, version }: CommandRequest,
  document: Element,
): ComposeRequest['forwardees'] | number {
  const [list, body] = [child(document, 'ComposeMail:Forwardees'), child(document, 'AirSyncBase:Body')];
  if (!list && !body) return undefined;
  // R7467, R7468, R7176
  const others = ['ComposeMail:Mime', 'ComposeMail:SaveInSentItems', 'ComposeMail:ReplaceMime'] as const;
  if (others.some((it) => child(document, it))) return CommonStatus.invalidMimeBodyCombination;
  if (command !== 'SmartForward' || !atLeast(version, '16.0')) return CommonStatus.commandNotSupported;
  const recipients = children(list, 'ComposeMail:Forwardee').map(
    (it) => text(it, 'ComposeMail:ForwardeeEmail')?.trim() ?? '',
  );
  // R7470
  if (recipients.length === 0 || !recipients.every((it) => ADDRESS.test(it)))
    return CommonStatus.invalidSmartForwardParameters;
  const written = (body && text(body, 'AirSyncBase:Data')) ?? '';
  return { recipients, text: body && text(body, 'AirSyncBase:Type') === '2' ? htmlToText(written) : written };
}

function readSource(element: Element | undefined): MessageSource | number | undefined {
  if (!element) return undefined;
  const occurrence = text(element, 'ComposeMail:InstanceId');
  const instanceMs = occurrence === undefined ? undefined : parseTimestamp(occurrence.trim());
  // R541, R578
  if (occurrence !== undefined && instanceMs === undefined) return CommonStatus.invalidDateTime;
  const source = sourceOf(
    text(element, 'ComposeMail:LongId'),
    text(element, 'ComposeMail:ItemId'),
    text(element, 'ComposeMail:FolderId'),
  );
  if (typeof source !== 'object' || instanceMs === undefined) return source;
  return { ...source, instance: new Date(instanceMs) };
}

function sourceOf(
  longId: string | undefined,
  itemId: string | undefined,
  collectionId: string | undefined,
): MessageSource | number | undefined {
  if (longId !== undefined) {
    // R4821: one or the other.
    if (itemId !== undefined || collectionId !== undefined) return CommonStatus.invalidCombinationOfIds;
    const serverId = serverIdOfLongId(longId);
    return serverId === undefined ? CommonStatus.itemNotFound : { serverId, collectionId: undefined };
  }
  if (itemId !== undefined) return { serverId: itemId, collectionId };
  return collectionId === undefined ? undefined : CommonStatus.invalidCombinationOfIds;
}
