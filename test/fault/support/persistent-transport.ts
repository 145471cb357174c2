/** A network layer that does what phones do with a lost answer or a 503: the very same bytes again, until there is an answer. */
import {
  httpTransport,
  type Transport,
  type TransportRequest,
  type TransportResponse,
} from '../../../lib/activesync/client/index.ts';
import { reasonOf } from '../../../lib/platform/index.ts';

const PAUSE_MS = 40;
const LIMIT_MS = 120_000;
const UNAVAILABLE = 503;

export interface Persistence {
  /** Answers that are none of a server's: the request is sent again. Default: 503 alone. */
  readonly again?: readonly number[];
  /** An answer that tells of trouble that may pass: the request is sent again. Default: none does. */
  readonly isTrouble?: (request: TransportRequest, response: TransportResponse) => boolean;
  /** A request that has no answer by then is given up and sent again; default: what the client says. */
  readonly attemptMs?: (request: TransportRequest) => number;
  /** No answer for so long is an error. Default 120,000. */
  readonly limitMs?: number;
  readonly pauseMs?: number;
  /** Told of everything that went wrong. */
  readonly onHardship?: (request: TransportRequest, what: string) => void;
}

/** What the device went through, for those who look at it afterwards. */
export interface Hardships {
  /** Requests without an answer. */
  lost: number;
  /** Answers of 503, and those that told of trouble. */
  refused: number;
}

export function persistentTransport(hardships: Hardships, persistence: Persistence = {}): Transport {
  const { again = [UNAVAILABLE], isTrouble, attemptMs, limitMs = LIMIT_MS, pauseMs = PAUSE_MS } = persistence;
  const { onHardship } = persistence;
  const inner = httpTransport();
  return {
    async request(request) {
      const until = performance.now() + limitMs;
      for (;;) {
        let response: TransportResponse | undefined;
        let cause: unknown;
        try {
          response = await inner.request(attemptMs ? { ...request, timeoutMs: attemptMs(request) } : request);
        } catch (thrown) {
          if (request.signal?.aborted) throw thrown;
          cause = thrown;
        }
        if (response && !again.includes(response.status) && !isTrouble?.(request, response)) return response;
        onHardship?.(request, response ? String(response.status) : reasonOf(cause));
        if (response) hardships.refused++;
        else hardships.lost++;
        if (performance.now() > until) {
          throw new Error(`no answer in ${limitMs} ms to ${request.url} (last: ${response?.status ?? String(cause)})`);
        }
        await new Promise((done) => setTimeout(done, pauseMs));
        request.signal?.throwIfAborted();
      }
    },
    close: () => inner.close(),
  };
}
