/** Protocol versions, newest first: the order of care, and of what is announced last (MS-ASHTTP 2.2.1.1.2). */
export const PROTOCOL_VERSIONS = ['16.1', '16.0', '14.1', '14.0', '12.1'] as const;

export type ProtocolVersion = (typeof PROTOCOL_VERSIONS)[number];

export const isProtocolVersion = (text: string): text is ProtocolVersion =>
  (PROTOCOL_VERSIONS as readonly string[]).includes(text);

/** True if `version` is `than` or newer. */
export const atLeast = (version: ProtocolVersion, than: ProtocolVersion): boolean =>
  PROTOCOL_VERSIONS.indexOf(version) <= PROTOCOL_VERSIONS.indexOf(than);
