/** Trying again as phones do: a lost answer means the same bytes again, under the same key. */
import { type Clock, reasonOf, sleep } from '../../platform/index.ts';
import { ClientError } from './errors.ts';
import type { ExchangeResponse } from './exchange.ts';

export interface RetryPolicy {
  /** In all, the first included. Default 4. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each later one. Default 1 s. */
  readonly delayMs: number;
  /** A longer Retry-After ends the attempts. Default 120 s. */
  readonly maxRetryAfterSeconds: number;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = { attempts: 4, delayMs: 1_000, maxRetryAfterSeconds: 120 };

/** 503 is the server's own word (MS-ASHTTP 3.1.5.2.3); the others are a load balancer's, whose server broke off or kept silent. */
const UNAVAILABLE: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * Calls `attempt` until it gives an answer other than 502, 503 and 504. Throws ClientError `unreachable` when every attempt
 * threw; gives back the last answer when every attempt was refused. An abort ends it with the signal's reason.
 */
export async function retrying(
  policy: RetryPolicy,
  clock: Clock,
  signal: AbortSignal | undefined,
  attempt: () => Promise<ExchangeResponse>,
): Promise<ExchangeResponse> {
  let delayMs = policy.delayMs;
  for (let count = 1; ; count++) {
    let waitMs = delayMs;
    try {
      const response = await attempt();
      if (!UNAVAILABLE.has(response.status) || count >= policy.attempts) return response;
      const retryAfterSeconds = Number(response.headers['retry-after'] ?? Number.NaN);
      if (retryAfterSeconds > policy.maxRetryAfterSeconds) return response;
      if (retryAfterSeconds >= 0) waitMs = retryAfterSeconds * 1000;
    } catch (cause) {
      if (signal?.aborted || cause instanceof ClientError) throw cause;
      if (isCertificateProblem(cause)) throw untrusted(cause);
      if (count >= policy.attempts) throw unreachable(cause);
    }
    await sleep(clock, waitMs, signal);
    delayMs *= 2;
  }
}

/** OpenSSL's names for certificates that are not believed: trying again changes nothing. */
const CERTIFICATE_CODE = /CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY)/;

const isCertificateProblem = (cause: unknown): boolean =>
  CERTIFICATE_CODE.test((cause as NodeJS.ErrnoException | undefined)?.code ?? '');

const untrusted = (cause: unknown): ClientError =>
  new ClientError('untrusted-certificate', "The server's certificate is not trusted", {
    why: reasonOf(cause),
    remedy:
      'Check the address; trust its certificate authority (NODE_EXTRA_CA_CERTS), or take any certificate (--insecure)',
    cause,
  });

const unreachable = (cause: unknown): ClientError =>
  new ClientError('unreachable', 'The server does not answer', {
    why: reasonOf(cause),
    remedy:
      'Check the address, the network and the certificate (a generated certificate needs to be trusted or allowed)',
    cause,
  });
