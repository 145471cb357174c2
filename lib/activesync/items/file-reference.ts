/**
 * FileReference (MS-ASAIRS 2.2.2.24): where an attachment is, opaque to devices. It goes through queries (GetAttachment) and
 * file names on some devices, so it is made of unreserved characters alone.
 */
import type { PartReference } from './email.ts';

/** MS-ASCMD 2.2.1.8.1.1 has no bound; ServerIds end at 64 characters and part numbers at 32 levels. */
const LENGTH_LIMIT = 256;

export function fileReference({ serverId, path }: PartReference): string {
  return `${Buffer.from(serverId).toString('base64url')}~${path}`;
}

/** Undefined for anything that `fileReference` did not make. */
export function parseFileReference(text: string): PartReference | undefined {
  const match = text.length <= LENGTH_LIMIT ? /^([A-Za-z0-9_-]+)(?:~|%7E)(\d+(?:\.\d+)*)$/i.exec(text.trim()) : null;
  if (!match?.[1] || !match[2]) return undefined;
  return { serverId: Buffer.from(match[1], 'base64url').toString('utf8'), path: match[2] };
}
