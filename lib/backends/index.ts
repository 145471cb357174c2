// The user's mail system behind one interface.
export type {
  Account,
  Capabilities,
  Credentials,
  Envelope,
  Folder,
  FolderChanges,
  FolderEvent,
  FolderKind,
  FolderPosition,
  Hit,
  ItemClass,
  Mailbox,
  MailSystem,
  SearchQuery,
  Watch,
} from './backend.ts';
export { BackendError, type BackendErrorCode } from './errors.ts';
export type {
  FetchedMessage,
  FetchedPart,
  FetchPlan,
  MessageFlags,
  MessageState,
  Part,
  PartRequest,
} from './message.ts';
export { UidRuns } from './uid-runs.ts';
