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

/** Of protocols before 12.1, whose FolderCreate and its kin do their work: answered 501, and so not announced. */
const NOT_SERVED: readonly CommandName[] = ['CreateCollection', 'DeleteCollection', 'MoveCollection'];

const ANNOUNCED_COMMANDS = COMMANDS.filter((it) => !NOT_SERVED.includes(it)).join(',');

/** The answer to OPTIONS (MS-ASHTTP 3.2.5.2): all versions, oldest first, and the commands that are served. */
export function optionsHeaders(): Readonly<Record<string, string>> {
  return {
    'MS-Server-ActiveSync': PROTOCOL_VERSIONS[0],
    'MS-ASProtocolVersions': announcedVersions(),
    'MS-ASProtocolCommands': ANNOUNCED_COMMANDS,
    Allow: 'OPTIONS,POST',
    Public: 'OPTIONS,POST',
  };
}

/**
 * Beside the answer to a FolderSync with key 0, or with one that is not valid: X-MS-RP with the versions, and what OPTIONS
 * would say (MS-ASHTTP 3.2.5.1, R1104, R1105).
 */
export function reinitialiseHeaders(): Readonly<Record<string, string>> {
  return {
    'X-MS-RP': announcedVersions(),
    'MS-ASProtocolVersions': announcedVersions(),
    'MS-ASProtocolCommands': ANNOUNCED_COMMANDS,
  };
}

const announcedVersions = (): string => PROTOCOL_VERSIONS.toReversed().join(',');
