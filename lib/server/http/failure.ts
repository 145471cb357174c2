/** What was thrown, as an HTTP status. Commands have answered what they could by a status of their own. */
import { RequestError, WbxmlError } from '../../activesync/index.ts';
import { BackendError } from '../../backends/index.ts';
import type { Random } from '../../platform/index.ts';
import { StoreError } from '../../store/index.ts';
import { CHALLENGE } from '../authentication/basic.ts';
import { ServerError } from '../errors.ts';

/** Retry-After is spread over this many seconds, so that a pool's phones do not come back all at once. */
const RETRY_FROM_SECONDS = 10;
const RETRY_SPREAD_SECONDS = 20;

export interface Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export function failureOf(thrown: unknown, random: Random): Failure {
  if (thrown instanceof RequestError) return { status: thrown.httpStatus, headers: {} };
  if (thrown instanceof WbxmlError) return { status: 400, headers: {} };
  if (thrown instanceof ServerError && thrown.code === 'body-too-large') return { status: 413, headers: {} };
  // Nobody reads this one any more.
  if (thrown instanceof ServerError && thrown.code === 'hung-up') return { status: 400, headers: {} };
  if (thrown instanceof BackendError && thrown.code === 'rejected-credentials') {
    return { status: 401, headers: { 'WWW-Authenticate': CHALLENGE } };
  }
  if (thrown instanceof BackendError || thrown instanceof StoreError || thrown instanceof ServerError) {
    const seconds = RETRY_FROM_SECONDS + Math.floor(random.number() * RETRY_SPREAD_SECONDS);
    return { status: 503, headers: { 'Retry-After': String(seconds) } };
  }
  return { status: 500, headers: {} };
}
