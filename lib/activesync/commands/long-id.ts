/** LongId: what Search hands out for an item, and ItemOperations, SmartReply and SmartForward take (MS-ASCMD 2.2.3.98). */

/** A ServerId is opaque to devices and so is this; the mark keeps one from being taken for the other. */
const MARK = 'L.';

export const longIdOf = (serverId: string): string => `${MARK}${serverId}`;

/** Undefined for anything that `longIdOf` did not make. */
export const serverIdOfLongId = (longId: string): string | undefined =>
  longId.startsWith(MARK) ? longId.slice(MARK.length) : undefined;
