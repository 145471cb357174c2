// The user's mail system behind one interface.
export type {
  Account,
  AutoReply,
  AutoReplyMessage,
  BusyTime,
  Capabilities,
  Credentials,
  Envelope,
  Folder,
  FolderChanges,
  FolderEvent,
  Standing,
  FolderKind,
  FolderPosition,
  Hit,
  ItemClass,
  Mailbox,
  MailSystem,
  SearchQuery,
  Watch,
} from './backend.ts';
export type { SignIn } from './sign-in.ts';
export { canBeFollowed } from './followable-rule.ts';
export { composeBounce, type Failure } from './folders/bounce.ts';
export {
  CardDavDirectory,
  type CardDavDirectoryOptions,
  type CertificateCheck,
  certificateCheck,
  type CertificateVerdict,
  type Directory,
  type DirectoryQuery,
  FileDirectory,
  type FetchList,
  isOutside,
  listFetcher,
  RevocationLists,
  LdapDirectory,
  type LdapOptions,
  type Person,
} from './directory/index.ts';
export {
  DEMO_USERS,
  FoldersMailSystem,
  type FoldersOptions,
  openFolders,
  type RelayOptions,
  SEEDED_DIRECTORY,
  seedFolders,
  type SeedOptions,
  type SmtpIn,
  type SmtpInOptions,
  startSmtpIn,
} from './folders/index.ts';
export { type DavConfiguration, davPlaces, MailSystemWithDav, type ServiceResolver } from './dav/index.ts';
export { MailSystemWithNotes } from './notes/index.ts';
export { BackendError, type BackendErrorCode } from './errors.ts';
export {
  type ImapConfiguration,
  ImapMailSystem,
  mayBeAccepted,
  type SmtpServer,
  submissionServerOf,
  submitBySmtp,
} from './imap/index.ts';
export type {
  FetchedMessage,
  FetchedPart,
  FetchPlan,
  MessageFlags,
  MessageState,
  Part,
  PartRequest,
} from './message.ts';
export { type HeaderField, headerFields, headerValue, type StructuredValue, structuredValue } from './mime-header.ts';
export { type ByteRange, type ParsedMessage, parseMessage } from './mime-structure.ts';
export { MailSystemInZone } from './mail-system-in-zone.ts';
export { withResources } from './mailbox-with-resources.ts';
export type {
  MoveResourceResult,
  PutResult,
  RemoveResult,
  Resource,
  ResourceCapabilities,
  ResourceChanges,
  ResourceClass,
  ResourceFilter,
  ResourceState,
  ResourceStore,
  WriteCondition,
} from './resources.ts';
export { UidRuns } from './uid-runs.ts';
export {
  type Finding,
  type Probe,
  probeAddressBook,
  probeDav,
  probeImap,
  type ProbeLimits,
  probeLdap,
  probeNames,
  type ProbePlatform,
  probeSmtp,
  type Resolver,
} from './probe/index.ts';
