// A device of ours: for the command line, the canary, tests and benches.
export { composeMail, type MailWords } from './compose-mail.ts';
export { DeviceClient, type DeviceClientOptions } from './device-client.ts';
export type { DeviceInformation } from './device-information.ts';
export { type CollectionState, type DeviceFolder, type DeviceState, newDeviceState } from './device-state.ts';
export { ClientError, type ClientErrorCode } from './errors.ts';
export type { Estimate, EstimateRequest } from './estimate.ts';
export {
  type CommandRequest,
  Exchange,
  type ExchangeOptions,
  type ExchangeResponse,
  type SentRequest,
} from './exchange.ts';
export type { FolderChanges } from './folders.ts';
export { classOfFolder, FolderType } from './folder-type.ts';
export type { HeartbeatBounds } from './heartbeat.ts';
export { httpTransport, type HttpTransportOptions } from './http-transport.ts';
export type { FetchAttachmentRequest, FetchedAttachment, FetchItemRequest } from './item-operations.ts';
export type { Move, MoveResult } from './move-items.ts';
export type { PingAnswer, PingFolder, PingRequest } from './ping.ts';
export { type DeviceItem, itemText, itemTextIn, type PlainElement, type PlainValue } from './plain-item.ts';
export type { AppliedPolicy } from './provision.ts';
export { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry.ts';
export type { FindRequest, FoundItem, SearchAnswer, SearchRequest } from './search.ts';
export type { Mail, SmartMail } from './send-mail.ts';
export type { RunRequest } from './session.ts';
export type { UserInformation } from './settings.ts';
export type { SyncProgress, SyncTotals } from './sync.ts';
export type { CollectionAnswer, CommandResult, SyncAnswer } from './sync-answer.ts';
export type { BodyPreference, CollectionRequest, ItemOptions, SyncCommand, SyncRequest } from './sync-request.ts';
export type { Transport, TransportRequest, TransportResponse } from './transport.ts';
export type { WatchEvent, WatchOptions } from './watch.ts';
