/** ItemOperations: fetching items and attachments, emptying folders, moving conversations; GetAttachment at 12.1. */
import { isUtf8 } from 'node:buffer';
import {
  child,
  children,
  type Element,
  element,
  integer,
  ItemOperationsStatus,
  text,
  textOf,
} from '../protocol/index.ts';
import { statusFailure } from './answer-failure.ts';
import { elementsAt, rootStatus } from './answer-status.ts';
import { ClientError } from './errors.ts';
import type { ExchangeResponse } from './exchange.ts';
import { type DeviceItem, toItem } from './plain-item.ts';
import type { DeviceSession } from './session.ts';
import { type ItemOptions, optionElements } from './sync-request.ts';

export interface FetchItemRequest extends ItemOptions {
  /** Of an item in a collection; or `longId` of a search. */
  readonly collectionId?: string | undefined;
  readonly serverId?: string | undefined;
  readonly longId?: string | undefined;
  readonly multipart?: boolean | undefined;
}

export interface FetchAttachmentRequest {
  readonly fileReference: string;
  /** Bytes from `first` to `last`, both included. */
  readonly range?: { readonly first: number; readonly last: number } | undefined;
  readonly multipart?: boolean | undefined;
}

export interface FetchedAttachment {
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
  /** Of a range: `0-9`, and the size of the whole. */
  readonly range: string | undefined;
  readonly total: number | undefined;
}

/** Any operations; the answer's Response element's children are for the caller. */
export async function itemOperations(
  session: DeviceSession,
  operations: readonly Element[],
  options: { readonly multipart?: boolean | undefined } = {},
): Promise<ExchangeResponse> {
  return session.runForSuccess('ItemOperations', ItemOperationsStatus.success, {
    document: element('ItemOperations:ItemOperations', operations),
    parameters: { acceptMultiPart: options.multipart === true },
  });
}

/** One item, in the form that the options ask for. Throws ClientError `protocol-status` where it cannot be had. */
export async function fetchItem(session: DeviceSession, request: FetchItemRequest): Promise<DeviceItem> {
  const options = optionElements(request);
  const { longId, collectionId, serverId } = request;
  const fetch = element(
    'ItemOperations:Fetch',
    element('ItemOperations:Store', 'Mailbox'),
    longId !== undefined && element('Search:LongId', longId),
    collectionId !== undefined && element('AirSync:CollectionId', collectionId),
    serverId !== undefined && element('AirSync:ServerId', serverId),
    options.length > 0 && element('ItemOperations:Options', options),
  );
  const response = await itemOperations(session, [fetch], request);
  const properties = fetched(response);
  const resolved = children(properties).map((it) => withPart(it, response));
  return toItem(serverId ?? longId ?? '', resolved);
}

export async function fetchAttachment(
  session: DeviceSession,
  request: FetchAttachmentRequest,
): Promise<FetchedAttachment> {
  const { range } = request;
  const fetch = element(
    'ItemOperations:Fetch',
    element('ItemOperations:Store', 'Mailbox'),
    element('AirSyncBase:FileReference', request.fileReference),
    range && element('ItemOperations:Options', element('ItemOperations:Range', `${range.first}-${range.last}`)),
  );
  const response = await itemOperations(session, [fetch], request);
  const properties = fetched(response);
  const part = integer(properties, 'ItemOperations:Part');
  const data = child(properties, 'ItemOperations:Data');
  return {
    contentType: text(properties, 'AirSyncBase:ContentType'),
    bytes: part === undefined ? dataOf(data) : (response.parts?.[part] ?? missingPart(part)),
    range: text(properties, 'ItemOperations:Range'),
    total: integer(properties, 'ItemOperations:Total'),
  };
}

/** The attachment's bytes at 12.1; later versions have `fetchAttachment`. */
export async function getAttachment(session: DeviceSession, attachmentName: string): Promise<FetchedAttachment> {
  const { bytes, headers } = await session.run('GetAttachment', { parameters: { attachmentName } });
  return { contentType: headers['content-type'], bytes, range: undefined, total: undefined };
}

/** Throws ClientError `protocol-status` for any Status but 1. */
export async function emptyFolder(
  session: DeviceSession,
  collectionId: string,
  deleteSubFolders = false,
): Promise<void> {
  const { document } = await itemOperations(session, [
    element(
      'ItemOperations:EmptyFolderContents',
      element('AirSync:CollectionId', collectionId),
      deleteSubFolders && element('ItemOperations:Options', element('ItemOperations:DeleteSubFolders')),
    ),
  ]);
  requireSuccess(elementsAt(document, 'ItemOperations:Response', 'ItemOperations:EmptyFolderContents')[0]);
}

/** From 14.0 on. `always`: what comes to the conversation later, too. */
export async function moveConversation(
  session: DeviceSession,
  request: { readonly conversationId: Uint8Array; readonly destinationFolderId: string; readonly always?: boolean },
): Promise<void> {
  const { document } = await itemOperations(session, [
    element(
      'ItemOperations:Move',
      element('ItemOperations:ConversationId', request.conversationId),
      element('ItemOperations:DstFldId', request.destinationFolderId),
      request.always === true && element('ItemOperations:Options', element('ItemOperations:MoveAlways')),
    ),
  ]);
  requireSuccess(elementsAt(document, 'ItemOperations:Response', 'ItemOperations:Move')[0]);
}

/** The Properties of the one Fetch. */
function fetched({ document }: ExchangeResponse): Element | undefined {
  const fetch = elementsAt(document, 'ItemOperations:Response', 'ItemOperations:Fetch')[0];
  requireSuccess(fetch);
  return child(fetch, 'ItemOperations:Properties');
}

function requireSuccess(operation: Element | undefined): void {
  const status = rootStatus(operation) ?? ItemOperationsStatus.serverError;
  if (status !== ItemOperationsStatus.success) throw statusFailure('ItemOperations', status);
}

/** A body of a multipart answer, with its Data in place. */
function withPart(it: Element, response: ExchangeResponse): Element {
  const part = integer(it, 'ItemOperations:Part');
  if (part === undefined) return it;
  const bytes = response.parts?.[part] ?? missingPart(part);
  const data = element('AirSyncBase:Data', isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : bytes);
  return { tag: it.tag, content: [...children(it).filter((sibling) => sibling.tag !== 'ItemOperations:Part'), data] };
}

/** Base64 inline, or opaque. */
const dataOf = (data: Element | undefined): Uint8Array =>
  data === undefined
    ? new Uint8Array()
    : data.content instanceof Uint8Array
      ? data.content
      : Buffer.from(textOf(data), 'base64');

const missingPart = (part: number): never => {
  throw new ClientError('malformed-answer', `The multipart answer has no part ${part}`, { command: 'ItemOperations' });
};
