/** HTTP headers of ActiveSync (MS-ASHTTP 2.2.2.1.2 and 2.2.4.1.2), and which commands a version has. */
import { type CommandName, COMMANDS } from './request.ts';
import { atLeast, PROTOCOL_VERSIONS, type ProtocolVersion } from './versions.ts';

export const WBXML_CONTENT_TYPE = 'application/vnd.ms-sync.wbxml';
export const MULTIPART_CONTENT_TYPE = 'application/vnd.ms-sync.multipart';
/** Of SendMail, SmartReply and SmartForward at 12.1. */
export const MAIL_CONTENT_TYPE = 'message/rfc822';

export const ACTIVESYNC_PATH = '/Microsoft-Server-ActiveSync';

/** Commands that went away with 14.0; FolderSync and ItemOperations do their work (MS-ASCMD_R6021, R6049). */
const ONLY_AT_12_1: readonly CommandName[] = [
  'GetAttachment',
  'GetHierarchy',
  'CreateCollection',
  'DeleteCollection',
  'MoveCollection',
];

/** True if the specification of this version has the command, served here or not. */
export function hasCommand(version: ProtocolVersion, command: CommandName): boolean {
  if (command === 'Find') return atLeast(version, '16.1');
  return version === '12.1' || !ONLY_AT_12_1.includes(command);
}

/** The answer to OPTIONS (MS-ASHTTP 3.2.5.2): all versions, oldest first, and `commands` (default: all). */
export function optionsHeaders(commands: readonly CommandName[] = COMMANDS): Readonly<Record<string, string>> {
  return {
    'MS-Server-ActiveSync': PROTOCOL_VERSIONS[0],
    'MS-ASProtocolVersions': announcedVersions(),
    'MS-ASProtocolCommands': commands.join(','),
    Allow: 'OPTIONS,POST',
    Public: 'OPTIONS,POST',
  };
}

/**
 * Beside the answer to a FolderSync with key 0, and to any request when the device must begin anew: X-MS-RP with the
 * versions, and what OPTIONS would say (MS-ASHTTP 3.2.5.1, R1104, R1105).
 */
export function reinitialiseHeaders(commands: readonly CommandName[] = COMMANDS): Readonly<Record<string, string>> {
  return {
    'X-MS-RP': announcedVersions(),
    'MS-ASProtocolVersions': announcedVersions(),
    'MS-ASProtocolCommands': commands.join(','),
  };
}

const announcedVersions = (): string => PROTOCOL_VERSIONS.toReversed().join(',');

/** WBXML by its full name or the shortened one (MS-ASHTTP 2.2.1.1.2.3), with parameters or without. */
export function isWbxmlContentType(header: string | undefined): boolean {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase();
  return type === WBXML_CONTENT_TYPE || type === 'application/vnd.ms-sync';
}
