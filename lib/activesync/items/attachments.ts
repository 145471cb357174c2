/** AirSyncBase:Attachments (MS-ASAIRS 2.2.2.8), and an attachment's own bytes. */
import type { FetchedPart, Part } from '../../backends/index.ts';
import { type Element, element } from '../protocol/index.ts';
import { type AttachedPart, bareId, partName } from './body-structure.ts';
import { fileReference } from './file-reference.ts';
import { decodedSize, decodeTransfer } from './transfer-encoding.ts';
import { cutText, oneLine } from './xml-text.ts';

/** Method (MS-ASAIRS 2.2.2.31.2). */
const METHOD_NORMAL = 1;
const METHOD_EMBEDDED_MESSAGE = 5;

/** Devices cannot show more, and a document has to end. */
const ATTACHMENTS_LIMIT = 500;
const NAME_LIMIT = 255;

/** For parts without a name: what a device needs to choose an application by. */
const EXTENSIONS: Readonly<Record<string, string>> = {
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'application/ms-tnef': 'dat',
  'application/pkcs7-mime': 'p7m',
  'application/x-pkcs7-mime': 'p7m',
  'application/pkcs7-signature': 'p7s',
  'application/x-pkcs7-signature': 'p7s',
  'application/pgp-encrypted': 'txt',
  'application/pgp-signature': 'asc',
  'application/rtf': 'rtf',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
  'image/heic': 'heic',
  'image/svg+xml': 'svg',
  'image/tiff': 'tif',
  'message/delivery-status': 'txt',
  'message/disposition-notification': 'txt',
  'text/calendar': 'ics',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/plain': 'txt',
  'text/rfc822-headers': 'txt',
  'text/rtf': 'rtf',
  'text/vcard': 'vcf',
  'text/x-vcard': 'vcf',
  'text/xml': 'xml',
  'video/mp4': 'mp4',
};

const isMessage = (part: Part): boolean => part.type === 'message/rfc822' || part.type === 'message/global';

/** The name to show, with an extension; a path that a sender put in is left out. */
export function attachmentName(part: Part): string {
  const given = oneLine(partName(part) ?? (isMessage(part) ? (part.description ?? '') : ''));
  const base = cutText((given.split(/[\\/]/).at(-1) ?? '').trim(), NAME_LIMIT);
  if (isMessage(part)) return base === '' ? 'message.eml' : /\.eml$/i.test(base) ? base : `${base}.eml`;
  if (base !== '') return base;
  const kind = part.type.startsWith('image/') ? 'image' : 'attachment';
  return `${kind}-${part.path.replaceAll('.', '-')}.${EXTENSIONS[part.type] ?? 'bin'}`;
}

export function attachmentsElement(attached: readonly AttachedPart[], serverId: string): Element | undefined {
  if (attached.length === 0) return undefined;
  return element(
    'AirSyncBase:Attachments',
    attached.slice(0, ATTACHMENTS_LIMIT).map(({ part, isInline }) => {
      const id = bareId(part.id && oneLine(part.id));
      const location = part.location && oneLine(part.location);
      return element(
        'AirSyncBase:Attachment',
        element('AirSyncBase:DisplayName', attachmentName(part)),
        element('AirSyncBase:FileReference', fileReference({ serverId, path: part.path })),
        element('AirSyncBase:Method', isMessage(part) ? METHOD_EMBEDDED_MESSAGE : METHOD_NORMAL),
        element('AirSyncBase:EstimatedDataSize', decodedSize(part.sizeBytes, part.encoding)),
        id !== undefined && element('AirSyncBase:ContentId', id),
        !!location && element('AirSyncBase:ContentLocation', location),
        isInline && element('AirSyncBase:IsInline', 1),
      );
    }),
  );
}

export interface AttachmentContent {
  readonly contentType: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A part's content with the transfer encoding taken off, for ItemOperations and GetAttachment. */
export function renderAttachment(part: Part, fetched: FetchedPart): AttachmentContent {
  const charset = part.type.startsWith('text/') ? part.parameters['charset'] : undefined;
  return {
    contentType: charset && /^[\w.:+-]{1,60}$/.test(charset) ? `${part.type}; charset=${charset}` : part.type,
    name: attachmentName(part),
    bytes: decodeTransfer(fetched.bytes, part.encoding),
  };
}

/** The part with that section number, wherever in the tree. */
export function findPart(root: Part, path: string): Part | undefined {
  const open: Part[] = [root];
  for (let it = open.pop(); it; it = open.pop()) {
    if (it.path === path && !(it.type.startsWith('multipart/') && it.parts.length > 0)) return it;
    open.push(...it.parts);
  }
  return undefined;
}
