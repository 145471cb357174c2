/** What an answer that is no success means to the person who runs the device. */
import { CommonStatus } from '../protocol/index.ts';
import { rootStatus } from './answer-status.ts';
import { ClientError, type ClientErrorCode } from './errors.ts';
import type { ExchangeResponse } from './exchange.ts';

const BY_HTTP_STATUS: Readonly<Record<number, readonly [code: ClientErrorCode, what: string, remedy: string]>> = {
  401: [
    'unauthorized',
    'The server does not accept this user and password',
    'Check both, and the form of the user name',
  ],
  403: ['forbidden', 'This user or device may not sync', 'Ask those who run the server to allow it'],
  404: ['not-activesync', 'There is no ActiveSync at this address', 'Check the address'],
  449: ['provisioning-failed', 'The server demands a policy', 'Provision the device'],
  451: ['redirected', 'The server sends this device away', 'Look for the new address with autodiscover'],
  502: ['unavailable', 'The server broke off', 'Try again'],
  503: ['unavailable', 'The server is busy or in maintenance', 'Try again later'],
  504: ['unavailable', 'The server does not answer the load balancer', 'Try again later'],
};

/** For an HTTP status other than 200. */
export function failureOf(command: string, response: ExchangeResponse): ClientError {
  const { status: httpStatus, document } = response;
  const [code, what, remedy] = BY_HTTP_STATUS[httpStatus] ?? [
    'http-status',
    `The server answers ${command} with HTTP ${httpStatus}`,
    httpStatus >= 500
      ? "Look into the server's log"
      : 'Report it: this client sent something that the server does not take',
  ];
  return new ClientError(code, what, { command, httpStatus, status: rootStatus(document), remedy });
}

/** For a Status of the protocol. */
export function statusFailure(command: string, status: number): ClientError {
  const name = Object.entries(CommonStatus).find(([, value]) => value === status)?.[0];
  return new ClientError('protocol-status', `The server answers ${command} with Status ${status}`, {
    command,
    status,
    ...(name === undefined ? {} : { why: name }),
    remedy:
      status === CommonStatus.deviceIsBlockedForThisUser
        ? 'An administrator lets it in: `caravan user allow`'
        : "Look into the server's log",
  });
}
