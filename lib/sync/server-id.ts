/**
 * How devices name an item: `<folder>:<uid>`, or `<folder>.<mark>:<uid>` once the folder's UIDs lost their meaning. A resource's
 * UID is the hash of its name.
 */
export interface ServerId {
  readonly folderId: string;
  readonly mark: number;
  readonly uid: number;
}

const FORM = /^([1-9][0-9]{0,14})(?:\.([1-9][0-9]{0,8}))?:([1-9][0-9]{0,15})$/;

export function formatServerId(folderId: string, mark: number, uid: number): string {
  return mark === 0 ? `${folderId}:${uid}` : `${folderId}.${mark}:${uid}`;
}

/** Undefined for anything that this server never handed out. */
export function parseServerId(text: string): ServerId | undefined {
  const match = FORM.exec(text);
  return match ? { folderId: match[1] as string, mark: Number(match[2] ?? 0), uid: Number(match[3]) } : undefined;
}
