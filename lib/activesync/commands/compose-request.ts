/**
 * What SendMail, SmartReply and SmartForward ask, in both their forms: at 12.1 the body is the message and the query says
 * the rest; since 14.0 all of it is a document (MS-ASCMD 2.2.1.17, 2.2.1.19, 2.2.1.20).
 */
import { createHash } from 'node:crypto';
import { bytes, child, CommonStatus, type Element, flag, parseTimestamp, text } from '../protocol/index.ts';
import type { CommandRequest } from './command.ts';
import { serverIdOfLongId } from './long-id.ts';

export interface ComposeRequest {
  /** What makes a repetition known: the device's own id for the send; at 12.1, which has none, a digest. */
  readonly clientId: string;
  readonly message: Uint8Array;
  readonly saveInSent: boolean;
  /** The original is not to be added. */
  readonly replaceMime: boolean;
  /** The message that is answered or forwarded. */
  readonly source: MessageSource | undefined;
}

export interface MessageSource {
  readonly serverId: string;
  /** Where it is, if the device says so. */
  readonly collectionId: string | undefined;
}

/** MS-ASCMD 6.2: the longest ClientId. */
const MAX_CLIENT_ID_CHARACTERS = 40;

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

function readDocumentForm({ document, body }: CommandRequest): ComposeRequest | number {
  if (!document) return body.length > 0 ? CommonStatus.invalidContent : CommonStatus.invalidXml;
  const message = bytes(document, 'ComposeMail:Mime');
  const replacesMessage = child(document, 'ComposeMail:Forwardees') ?? child(document, 'AirSyncBase:Body');
  // R7467, R7468
  if (replacesMessage) return message ? CommonStatus.invalidMimeBodyCombination : CommonStatus.commandNotSupported;
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
    saveInSent: flag(document, 'ComposeMail:SaveInSentItems') ?? false,
    replaceMime: flag(document, 'ComposeMail:ReplaceMime') ?? false,
    source,
  };
}

function readSource(element: Element | undefined): MessageSource | number | undefined {
  if (!element) return undefined;
  const occurrence = text(element, 'ComposeMail:InstanceId');
  if (occurrence !== undefined) {
    // R541, R578. What is mail has no occurrences.
    const isTime = parseTimestamp(occurrence.trim()) !== undefined;
    return isTime ? CommonStatus.noRecurrenceInCalendar : CommonStatus.invalidDateTime;
  }
  return sourceOf(
    text(element, 'ComposeMail:LongId'),
    text(element, 'ComposeMail:ItemId'),
    text(element, 'ComposeMail:FolderId'),
  );
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
