/** What a command answers when it could not be understood, or could not be done: one place for all commands. */
import { BackendError } from '../../backends/index.ts';
import { CaravanError } from '../../platform/index.ts';
import {
  type CommandName,
  CommonStatus,
  FolderCreateStatus,
  FolderDeleteStatus,
  FolderSyncStatus,
  FolderUpdateStatus,
  FindStatus,
  ItemOperationsStatus,
  MeetingResponseStatus,
  PingStatus,
  type ProtocolVersion,
  ProvisionStatus,
  ResolveRecipientsStatus,
  SearchStatus,
  SettingsStatus,
  SyncStatus,
  ValidateCertStatus,
} from '../protocol/index.ts';
import type { Answer } from './command.ts';
import { refusal } from './refusal.ts';

/** A command's own statuses; where it has none the common ones serve. */
interface OwnStatuses {
  readonly malformed: number;
  /** Absent: 110, or 111 where trying again may help. */
  readonly serverError?: number;
  /** Where trying again may help; default: `serverError`. */
  readonly retry?: number;
}

const OWN: Readonly<Partial<Record<CommandName, OwnStatuses>>> = {
  Sync: { malformed: SyncStatus.protocolError, serverError: SyncStatus.serverError, retry: SyncStatus.retry },
  FolderSync: { malformed: FolderSyncStatus.malformedRequest, serverError: FolderSyncStatus.serverError },
  FolderCreate: { malformed: FolderCreateStatus.malformedRequest, serverError: FolderCreateStatus.serverError },
  FolderDelete: { malformed: FolderDeleteStatus.malformedRequest, serverError: FolderDeleteStatus.serverError },
  FolderUpdate: { malformed: FolderUpdateStatus.malformedRequest, serverError: FolderUpdateStatus.serverError },
  Ping: { malformed: PingStatus.syntaxError, serverError: PingStatus.serverError },
  ItemOperations: { malformed: ItemOperationsStatus.protocolError, serverError: ItemOperationsStatus.serverError },
  Search: { malformed: SearchStatus.invalidRequest, serverError: SearchStatus.serverError },
  Find: { malformed: FindStatus.invalidRequest },
  Settings: { malformed: SettingsStatus.protocolError, serverError: SettingsStatus.serverUnavailable },
  Provision: { malformed: ProvisionStatus.protocolError, serverError: ProvisionStatus.serverError },
  MeetingResponse: {
    malformed: MeetingResponseStatus.invalidMeetingRequest,
    serverError: MeetingResponseStatus.serverError,
  },
  ResolveRecipients: {
    malformed: ResolveRecipientsStatus.protocolError,
    serverError: ResolveRecipientsStatus.serverError,
  },
  ValidateCert: { malformed: ValidateCertStatus.protocolError, serverError: ValidateCertStatus.unknownServerError },
};

/** The request makes no sense: an unknown root, or a value that is not of its type. */
export const malformedAnswer = (command: CommandName, version: ProtocolVersion): Answer =>
  refusal(command, version, OWN[command]?.malformed ?? CommonStatus.invalidXml);

/** The mail system or the store failed, or we did. */
export function failedAnswer(command: CommandName, version: ProtocolVersion, thrown: unknown): Answer {
  const own = OWN[command];
  if (thrown instanceof BackendError && thrown.code === 'over-quota') {
    return refusal(command, version, own?.serverError ?? CommonStatus.mailboxQuotaExceeded);
  }
  // What failed on purpose (the mail system, the store, the sync state) may go well another time; a fault of ours will not.
  const status =
    thrown instanceof CaravanError
      ? (own?.retry ?? own?.serverError ?? CommonStatus.serverErrorRetryLater)
      : (own?.serverError ?? CommonStatus.serverError);
  return refusal(command, version, status);
}
