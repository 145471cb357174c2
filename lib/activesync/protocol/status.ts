/**
 * Every status code of the protocol, by command. MS-ASCMD 2.2.2 for the common ones, 2.2.3.177 for those of commands,
 * MS-ASPROV 2.2.2.54 for Provision. A command's own codes and the common ones never collide: the latter begin at 101.
 */

/** From 14.0 on; 12.1 gets an HTTP status instead: `httpStatusOf`. */
export const CommonStatus = {
  invalidContent: 101,
  invalidWbxml: 102,
  invalidXml: 103,
  invalidDateTime: 104,
  invalidCombinationOfIds: 105,
  invalidIds: 106,
  invalidMime: 107,
  deviceIdMissingOrInvalid: 108,
  deviceTypeMissingOrInvalid: 109,
  /** Do not retry. */
  serverError: 110,
  serverErrorRetryLater: 111,
  directoryAccessDenied: 112,
  mailboxQuotaExceeded: 113,
  mailboxServerOffline: 114,
  sendQuotaExceeded: 115,
  messageRecipientUnresolved: 116,
  messageReplyNotAllowed: 117,
  messagePreviouslySent: 118,
  messageHasNoRecipient: 119,
  mailSubmissionFailed: 120,
  messageReplyFailed: 121,
  attachmentIsTooLarge: 122,
  userHasNoMailbox: 123,
  userCannotBeAnonymous: 124,
  userCouldNotBeFound: 125,
  userDisabledForSync: 126,
  userOnNewMailboxCannotSync: 127,
  userOnLegacyMailboxCannotSync: 128,
  deviceIsBlockedForThisUser: 129,
  accessDenied: 130,
  accountDisabled: 131,
  syncStateNotFound: 132,
  syncStateLocked: 133,
  syncStateCorrupt: 134,
  syncStateAlreadyExists: 135,
  syncStateVersionInvalid: 136,
  commandNotSupported: 137,
  versionNotSupported: 138,
  deviceNotFullyProvisionable: 139,
  remoteWipeRequested: 140,
  legacyDeviceOnStrictPolicy: 141,
  deviceNotProvisioned: 142,
  policyRefresh: 143,
  invalidPolicyKey: 144,
  externallyManagedDevicesNotAllowed: 145,
  noRecurrenceInCalendar: 146,
  unexpectedItemClass: 147,
  remoteServerHasNoSsl: 148,
  invalidStoredRequest: 149,
  itemNotFound: 150,
  tooManyFolders: 151,
  noFoldersFound: 152,
  itemsLostAfterMove: 153,
  failureInMoveOperation: 154,
  moveCommandDisallowedForNonPersistentMoveAction: 155,
  moveCommandInvalidDestinationFolder: 156,
  availabilityTooManyRecipients: 160,
  availabilityDistributionListLimitReached: 161,
  availabilityTransientFailure: 162,
  availabilityFailure: 163,
  bodyPartPreferenceTypeNotSupported: 164,
  deviceInformationRequired: 165,
  invalidAccountId: 166,
  accountSendDisabled: 167,
  rightsManagementFeatureDisabled: 168,
  rightsManagementTransientError: 169,
  rightsManagementPermanentError: 170,
  rightsManagementInvalidTemplateId: 171,
  rightsManagementOperationNotPermitted: 172,
  noPicture: 173,
  pictureTooLarge: 174,
  pictureLimitReached: 175,
  bodyPartConversationTooLarge: 176,
  maximumDevicesReached: 177,
  invalidMimeBodyCombination: 178,
  invalidSmartForwardParameters: 179,
  invalidRecipients: 183,
  oneOrMoreExceptionsFailed: 184,
} as const;

/** 2.2.3.177.17 */
export const SyncStatus = {
  success: 1,
  /** The device starts the collection anew. */
  invalidSyncKey: 3,
  protocolError: 4,
  serverError: 5,
  conversionError: 6,
  /** The server's version of the object won. */
  conflict: 7,
  objectNotFound: 8,
  /** The mailbox is full, for example. */
  cannotBeCompleted: 9,
  /** FolderSync, then try again. */
  folderHierarchyChanged: 12,
  /** An empty request, and nothing to fill it from. */
  requestIncomplete: 13,
  /** With Limit: the nearest interval that is allowed. */
  invalidWait: 14,
  /** Too many collections; with Limit. */
  invalidRequest: 15,
  retry: 16,
} as const;

/** 2.2.3.177.5 */
export const FolderSyncStatus = {
  success: 1,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
  unknownCode: 12,
} as const;

/** 2.2.3.177.3 */
export const FolderCreateStatus = {
  success: 1,
  alreadyExists: 2,
  parentIsSpecial: 3,
  parentNotFound: 5,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
  unknownCode: 12,
} as const;

/** 2.2.3.177.4 */
export const FolderDeleteStatus = {
  success: 1,
  folderIsSpecial: 3,
  folderNotFound: 4,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
} as const;

/** 2.2.3.177.6 */
export const FolderUpdateStatus = {
  success: 1,
  alreadyExistsOrSpecial: 2,
  folderIsRecipientInformation: 3,
  folderNotFound: 4,
  parentNotFound: 5,
  serverError: 6,
  invalidSyncKey: 9,
  malformedRequest: 10,
  unknownError: 11,
} as const;

/** 2.2.3.177.7 */
export const GetItemEstimateStatus = {
  success: 1,
  invalidCollection: 2,
  /** No Sync with key 0 before. */
  notPrimed: 3,
  invalidSyncKey: 4,
} as const;

/** 2.2.3.177.10. Success is 3. */
export const MoveItemsStatus = {
  invalidSource: 1,
  invalidDestination: 2,
  success: 3,
  sameSourceAndDestination: 4,
  failed: 5,
  locked: 7,
} as const;

/** 2.2.3.177.11 */
export const PingStatus = {
  noChanges: 1,
  changes: 2,
  /** Neither sent nor remembered: send interval and folders. */
  missingParameters: 3,
  syntaxError: 4,
  /** With HeartbeatInterval: the nearest that is allowed. */
  heartbeatOutOfRange: 5,
  /** With MaxFolders. */
  tooManyFolders: 6,
  folderSyncRequired: 7,
  serverError: 8,
} as const;

/** 2.2.3.177.8 */
export const ItemOperationsStatus = {
  success: 1,
  protocolError: 2,
  serverError: 3,
  badDocumentUri: 4,
  documentAccessDenied: 5,
  /** Also for items of a mailbox. */
  notFound: 6,
  connectionFailed: 7,
  invalidRange: 8,
  unknownStore: 9,
  emptyFile: 10,
  tooLarge: 11,
  ioFailure: 12,
  conversionFailed: 14,
  invalidAttachment: 15,
  accessDenied: 16,
  partialSuccess: 17,
  credentialsRequired: 18,
  moveOptionsMissing: 155,
  actionNotSupported: 156,
} as const;

/** 2.2.3.177.13 */
export const SearchStatus = {
  success: 1,
  invalidRequest: 2,
  serverError: 3,
  badLink: 4,
  accessDenied: 5,
  notFound: 6,
  connectionFailed: 7,
  tooComplex: 8,
  timedOut: 10,
  folderSyncRequired: 11,
  endOfRange: 12,
  accessBlocked: 13,
  credentialsRequired: 14,
} as const;

/** 2.2.3.177.2 */
export const FindStatus = {
  success: 1,
  invalidRequest: 2,
  folderSyncRequired: 3,
  /** The first request of a search begins at 0. */
  rangeMustStartAtZero: 4,
} as const;

/** 2.2.3.177.15, of the command and of its properties */
export const SettingsStatus = {
  success: 1,
  protocolError: 2,
  accessDenied: 3,
  serverUnavailable: 4,
  /** For DevicePassword: the password is too long. */
  invalidArguments: 5,
  conflictingArguments: 6,
  deniedByPolicy: 7,
} as const;

/** MS-ASPROV 2.2.2.54.2, of the command */
export const ProvisionStatus = { success: 1, protocolError: 2, serverError: 3 } as const;

/** MS-ASPROV 2.2.2.54.1, of a policy in an answer */
export const PolicyStatus = {
  success: 1,
  noPolicy: 2,
  unknownPolicyType: 3,
  corrupted: 4,
  wrongPolicyKey: 5,
} as const;

/** MS-ASPROV 2.2.2.54.1, of a policy as the device acknowledges it */
export const PolicyAcknowledgement = {
  success: 1,
  /** At least the PIN was enabled. */
  partialSuccess: 2,
  notApplied: 3,
  managedByThirdParty: 4,
} as const;

/** MS-ASPROV 2.2.2.54.3, of a RemoteWipe as the device acknowledges it */
export const RemoteWipeStatus = { success: 1, failed: 2 } as const;

/** 2.2.3.177.14 and .16: SendMail, SmartReply, SmartForward answer an empty body, or a common status. */
export const SendMailStatus = { success: 1 } as const;

/** 2.2.3.177.9 */
export const MeetingResponseStatus = {
  success: 1,
  invalidMeetingRequest: 2,
  mailboxError: 3,
  serverError: 4,
} as const;

/** 2.2.3.177.12, of the command, of a recipient, of its certificates */
export const ResolveRecipientsStatus = {
  success: 1,
  ambiguous: 2,
  ambiguousPartialList: 3,
  notResolved: 4,
  protocolError: 5,
  serverError: 6,
  noValidCertificate: 7,
  certificateLimitReached: 8,
} as const;

/** 2.2.3.177.18 */
export const ValidateCertStatus = {
  success: 1,
  protocolError: 2,
  signatureNotValidated: 3,
  untrustedSource: 4,
  chainNotCreatedCorrectly: 5,
  notValidForSigning: 6,
  expiredOrNotYetValid: 7,
  inconsistentTimePeriods: 8,
  chainIdUsedIncorrectly: 9,
  informationMissingOrIncorrect: 10,
  idUsedIncorrectly: 11,
  addressDoesNotMatch: 12,
  revoked: 13,
  validityUndetermined: 14,
  chainRevoked: 15,
  revocationUndetermined: 16,
  unknownServerError: 17,
} as const;

/** What 12.1 gets instead of a common status (MS-ASCMD 2.2.2); 400 where the specification names none. */
export function httpStatusOf(commonStatus: number): number {
  return HTTP_STATUS[commonStatus] ?? 400;
}

// biome-ignore format: a table
const HTTP_STATUS: Readonly<Record<number, number>> = {
  101: 400, 103: 400, 106: 400, 110: 500, 111: 503, 112: 403, 113: 507, 125: 403, 126: 403, 129: 403, 130: 403, 131: 403,
  132: 403, 137: 501, 138: 400, 139: 403, 140: 449, 141: 449, 142: 449, 143: 449, 144: 449, 145: 403, 147: 400, 177: 403,
};
