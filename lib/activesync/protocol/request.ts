/** The request line of ActiveSync as both its query forms tell it (MS-ASHTTP 2.2.1.1.1). */
import type { ProtocolVersion } from './versions.ts';

/**
 * Every command that a request line can name, in the order of the command codes of base64 queries (MS-ASHTTP
 * 2.2.1.1.1.1.2). Those not served here yet answer with a protocol status.
 */
export const COMMANDS = [
  'Sync',
  'SendMail',
  'SmartForward',
  'SmartReply',
  'GetAttachment',
  'GetHierarchy',
  'CreateCollection',
  'DeleteCollection',
  'MoveCollection',
  'FolderSync',
  'FolderCreate',
  'FolderDelete',
  'FolderUpdate',
  'MoveItems',
  'GetItemEstimate',
  'MeetingResponse',
  'Search',
  'Settings',
  'Ping',
  'ItemOperations',
  'Provision',
  'ResolveRecipients',
  'ValidateCert',
  'Find',
] as const;

export type CommandName = (typeof COMMANDS)[number];

export interface RequestLine {
  readonly command: CommandName;
  readonly version: ProtocolVersion;
  /** As the device wrote it, for the log; the authenticated user is what counts. */
  readonly user: string | undefined;
  /** 1–32 characters, letters and digits, the same from both query forms; bytes of a base64 query that are not text in hex. */
  readonly deviceId: string;
  readonly deviceType: string;
  /** From X-MS-PolicyKey or the base64 query; undefined if absent or 0. */
  readonly policyKey: string | undefined;
  /** Accept-Language as it came, or the Windows locale of a base64 query in decimal: '1033'. */
  readonly locale: string | undefined;
  readonly parameters: RequestParameters;
}

export interface RequestParameters {
  readonly attachmentName?: string;
  readonly collectionId?: string;
  readonly itemId?: string;
  readonly longId?: string;
  readonly occurrence?: string;
  /** SaveInSent=T */
  readonly saveInSent: boolean;
  /** MS-ASAcceptMultiPart: T */
  readonly acceptMultiPart: boolean;
}
