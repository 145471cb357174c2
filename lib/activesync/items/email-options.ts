/** How a device wants email rendered; remembered by the sync room as plain JSON. */
import type { ProtocolVersion } from '../protocol/index.ts';

/** MS-ASAIRS 2.2.2.53 */
export const BODY_TYPES = { plain: 1, html: 2, rtf: 3, mime: 4 } as const;
export type BodyType = (typeof BODY_TYPES)[keyof typeof BODY_TYPES];

export interface BodyPreference {
  readonly type: BodyType;
  /** In bytes of UTF-8 for text and HTML, of the message for MIME; undefined: never cut. */
  readonly truncationSize: number | undefined;
  /** Only whole or not at all. */
  readonly allOrNone: boolean;
  /** Characters of preview wanted; undefined: none. */
  readonly preview: number | undefined;
}

export interface EmailOptions {
  readonly version: ProtocolVersion;
  /** 0: never MIME; 1: for signed and encrypted messages only; 2: for all (MS-ASCMD MIMESupport). */
  readonly mimeSupport: 0 | 1 | 2;
  /** Bytes of MIME as MIMETruncation says it; undefined: never cut. */
  readonly mimeTruncation: number | undefined;
  /** In the device's order of preference; empty: the version's default. */
  readonly bodies: readonly BodyPreference[];
  readonly bodyParts: readonly BodyPreference[];
}
