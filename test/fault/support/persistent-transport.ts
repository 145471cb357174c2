/** A network layer that does what phones do with a lost answer or a 503: the very same bytes again, until there is an answer. */
import { httpTransport, type Transport, type TransportResponse } from '../../../lib/activesync/client/index.ts';

const PAUSE_MS = 40;
const LIMIT_MS = 45_000;
const UNAVAILABLE = 503;

/** What the device went through, for those who look at it afterwards. */
export interface Hardships {
  /** Requests without an answer. */
  lost: number;
  /** Answers of 503. */
  refused: number;
}

export function persistentTransport(hardships: Hardships): Transport {
  const inner = httpTransport();
  return {
    async request(request) {
      const until = performance.now() + LIMIT_MS;
      for (;;) {
        let response: TransportResponse | undefined;
        let cause: unknown;
        try {
          response = await inner.request(request);
        } catch (thrown) {
          if (request.signal?.aborted) throw thrown;
          cause = thrown;
        }
        if (response && response.status !== UNAVAILABLE) return response;
        if (response) hardships.refused++;
        else hardships.lost++;
        if (performance.now() > until) {
          throw new Error(`no answer in ${LIMIT_MS} ms to ${request.url} (last: ${response?.status ?? String(cause)})`);
        }
        await new Promise((done) => setTimeout(done, PAUSE_MS));
        request.signal?.throwIfAborted();
      }
    },
    close: () => inner.close(),
  };
}
