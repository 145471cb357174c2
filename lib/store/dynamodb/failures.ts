/**
 * What an error means for the request: not carried out and worth another try, not carried out and never will be,
 * or lost on the way, so that nobody knows. A conditional write that was lost is never sent again blindly (ownership.md).
 */
import { reasonOf } from '../../platform/index.ts';
import { StoreError } from '../errors.ts';
import type { DynamoItem } from './encoding.ts';
import { createTableHint } from './table.ts';

export type Failure =
  /** The condition did not hold. The item is there where the service gives it back and it exists. */
  | { readonly kind: 'refused'; readonly item: DynamoItem | undefined }
  /** Not carried out; may be another time. */
  | { readonly kind: 'throttled' | 'unreachable' }
  /** May have been carried out. */
  | { readonly kind: 'lost'; readonly isTimeout: boolean }
  /** Not carried out, and trying again does not help. */
  | { readonly kind: 'failed' };

/** Where the store is, for messages. */
export interface Place {
  readonly table: string;
  readonly endpoint: string;
}

/** No answer came within the time of a request. */
export class RequestTimeout extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'RequestTimeout';
  }
}

/** What the client throws, as far as it matters here. Errors of the network have a `code`, those of the service a status. */
interface ClientError extends Error {
  readonly code?: string;
  readonly syscall?: string;
  readonly Item?: DynamoItem;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly clockSkewCorrected?: boolean };
}

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'TooManyRequestsException',
  // A transaction of somebody else holds the item for a moment.
  'TransactionConflictException',
]);
const REFUSED_CREDENTIALS = new Set([
  'AccessDeniedException',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError']);
const WRONG_KEYS = /key element|conditions on the keys|Missing the key|required keys|key schema|Type mismatch for key/i;

export function classify(thrown: unknown): Failure {
  if (!(thrown instanceof Error)) return { kind: 'lost', isTimeout: false };
  const error = thrown as ClientError;
  const status = error.$metadata?.httpStatusCode;
  if (error.name === 'ConditionalCheckFailedException') return { kind: 'refused', item: error.Item };
  if (error instanceof RequestTimeout) return { kind: 'lost', isTimeout: true };
  if (NO_CREDENTIALS.has(error.name) || error instanceof StoreError) return { kind: 'failed' };
  if (status === undefined) {
    return isUnsent(error) ? { kind: 'unreachable' } : { kind: 'lost', isTimeout: false };
  }
  if (THROTTLED.has(error.name) || status === 429) return { kind: 'throttled' };
  // The client has set its clock by the service's, and signs the next request with that.
  if (error.$metadata?.clockSkewCorrected === true && status < 500) return { kind: 'throttled' };
  return status >= 400 && status < 500 && status !== 408 ? { kind: 'failed' } : { kind: 'lost', isTimeout: false };
}

/** No connection was made, to any of the host's addresses. */
function isUnsent(error: ClientError): boolean {
  if (error instanceof AggregateError) return error.errors.every((inner: ClientError) => isUnsent(inner));
  return error.syscall === 'connect' || error.syscall === 'getaddrinfo';
}

/** The error for a caller: what failed, why, and what to do. */
export function storeErrorOf(thrown: unknown, action: string, place: Place): StoreError {
  if (thrown instanceof StoreError) return thrown;
  const error = thrown as ClientError;
  const why = reasonOf(thrown) || error.code || error.name;
  const at = `the table ${place.table} at ${place.endpoint}`;
  const unavailable = (because: string, remedy: string): StoreError =>
    new StoreError('store-unavailable', `${action} failed`, { why: `${at}: ${because}`, remedy, cause: thrown });

  if (error.name === 'ResourceNotFoundException') return unavailable('there is no such table', createTableHint(place));
  if (NO_CREDENTIALS.has(error.name)) {
    return unavailable(
      `no credentials were found (${why})`,
      'Give the server a role, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.',
    );
  }
  if (REFUSED_CREDENTIALS.has(error.name)) {
    return unavailable(
      `the credentials were refused (${error.name}: ${why})`,
      "Check the server's role or access key: it needs dynamodb:GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan and " +
        'DescribeTable on this table, in this region and account; and check the clock of this machine.',
    );
  }
  if (error.name === 'ValidationException') return validationError(error, why, action, unavailable);
  const { kind } = classify(thrown);
  if (kind === 'throttled') {
    return unavailable(
      `it is throttled (${why})`,
      'Nothing was lost. If it goes on, raise the capacity of the table, or make it on-demand.',
    );
  }
  if (kind === 'unreachable') {
    return unavailable(
      `it cannot be reached (${why})`,
      'Check the address, the network and the name server; an embedded DynamoDB may have stopped.',
    );
  }
  return unavailable(why, 'Look at the status of the service and the log of what lies in between, and try again.');
}

function validationError(
  error: ClientError,
  why: string,
  action: string,
  unavailable: (because: string, remedy: string) => StoreError,
): StoreError {
  if (/item size/i.test(why)) {
    return new StoreError('item-too-large', `${action} failed`, {
      why: 'the item would be larger than 400 KB',
      remedy: 'Split it into several items.',
      cause: error,
    });
  }
  if (WRONG_KEYS.test(why)) {
    return unavailable(
      `its keys are not pk and sk, both strings (${why})`,
      'It was not made for Caravan: name another table in the configuration.',
    );
  }
  return new StoreError('item-invalid', `${action} failed`, { why, cause: error });
}
