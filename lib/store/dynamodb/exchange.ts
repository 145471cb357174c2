/** One request and its answer over HTTP: the answer's JSON, or an error that says what the service said. */
import type { Dispatcher } from 'undici';

export interface Posted {
  /** To the service. */
  readonly dispatcher: Dispatcher;
  readonly path: string;
  /** With `host`; the length is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly abortSignal: AbortSignal;
  /** Asked where the service refuses, with the time of its answer: whether that was news. */
  readonly correctClock: (date: string | undefined) => boolean;
}

/** What the service answered instead of a result. `name` is its word for it: `ConditionalCheckFailedException`. */
export class ServiceError extends Error {
  readonly $metadata: { readonly httpStatusCode: number; readonly clockSkewCorrected: boolean };
  /** Of a refused write that asked for it. */
  readonly Item: unknown;

  constructor(status: number, said: Said, clockSkewCorrected: boolean) {
    super(said.message ?? said.Message ?? `the service answered ${status}`);
    this.name = /[^#]*$/.exec(said.__type ?? '')?.[0] || 'ServiceError';
    this.$metadata = { httpStatusCode: status, clockSkewCorrected };
    this.Item = said.Item;
  }
}

interface Said {
  readonly __type?: string;
  readonly message?: string;
  readonly Message?: string;
  readonly Item?: unknown;
}

/** Throws ServiceError, and the network's own errors. A request is sent once, whatever becomes of it. */
export function exchange({ dispatcher, path, headers, body, abortSignal, correctClock }: Posted): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // While credentials were fetched, say: what its sender has given up is not sent.
    abortSignal.throwIfAborted();
    let controller: Dispatcher.DispatchController | undefined;
    abortSignal.addEventListener(
      'abort',
      () => {
        controller?.abort(abortSignal.reason as Error);
        reject(abortSignal.reason as Error);
      },
      { once: true },
    );
    const chunks: Buffer[] = [];
    let status = 0;
    let date: string | undefined;
    dispatcher.dispatch(
      { path, method: 'POST', headers, body },
      {
        onRequestStart: (started) => {
          controller = started;
          // It was given up while it waited for a connection.
          if (abortSignal.aborted) started.abort(abortSignal.reason as Error);
        },
        onResponseStart: (_, statusCode, answered) => {
          status = statusCode;
          date = answered['date']?.toString();
        },
        onResponseData: (_, chunk) => void chunks.push(chunk),
        onResponseEnd: () => {
          const answer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
          try {
            if (status === 200) return resolve(JSON.parse(answer.toString('utf8')));
          } catch (thrown) {
            return reject(thrown);
          }
          reject(new ServiceError(status, readSaid(answer), status < 500 && correctClock(date)));
        },
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

/** Nothing where it is no answer of the service's: a proxy's page, say. */
function readSaid(body: Buffer): Said {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'));
    return typeof said === 'object' && said !== null ? said : {};
  } catch {
    return {};
  }
}
