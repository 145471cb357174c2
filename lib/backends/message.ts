/** How a mail message looks to the rooms above: its flags, its MIME structure, and the parts that were asked for. */

/**
 * IMAP flags: the system flags `\Seen \Answered \Flagged \Draft \Deleted` and keywords (`$Forwarded`, categories), in
 * the spelling of the backend.
 */
export type MessageFlags = readonly string[];

/** What a folder's view keeps of a message. */
export interface MessageState {
  readonly uid: number;
  readonly flags: MessageFlags;
  readonly receivedAt: Date;
  readonly sizeBytes: number;
}

/**
 * A node of the MIME tree, as IMAP's BODYSTRUCTURE tells it (RFC 3501 section 7.4.2). Names are lower case; parameter and
 * header values are decoded to Unicode.
 */
export interface Part {
  /** IMAP section number: `1.2`; the root of a message that is not multipart is `1`, of a multipart `''`. */
  readonly path: string;
  /** `text/html` */
  readonly type: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly id?: string;
  readonly description?: string;
  /** `7bit` when absent. */
  readonly encoding: string;
  /** Transfer-encoded size; 0 for multiparts. */
  readonly sizeBytes: number;
  readonly disposition?: string;
  readonly dispositionParameters: Readonly<Record<string, string>>;
  readonly location?: string;
  /** Parts of a multipart, or the one root of a nested message/rfc822. */
  readonly parts: readonly Part[];
}

export interface PartRequest {
  /** A section path; `''` is the whole raw message, header included; `1.MIME` and the like are not used. */
  readonly path: string;
  /** From this byte of the transfer-encoded content (default 0) … */
  readonly offsetBytes?: number;
  /** … at the most so many; default all. */
  readonly limitBytes?: number;
}

export interface FetchedPart {
  /** Still transfer-encoded, as in the message. */
  readonly bytes: Uint8Array;
  /** False if `limitBytes` cut it. */
  readonly complete: boolean;
}

/** Decides from a message's structure which parts to bring along. Pure, since a backend groups requests by its answers. */
export type FetchPlan = (message: { readonly structure: Part; readonly sizeBytes: number }) => readonly PartRequest[];

export interface FetchedMessage extends MessageState {
  /** The header block of the message, raw, ending with the empty line. */
  readonly header: Uint8Array;
  readonly structure: Part;
  /** By path, those that the plan asked for and the message had. */
  readonly parts: ReadonlyMap<string, FetchedPart>;
}
