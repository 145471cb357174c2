/** One request and its answer over HTTP: the answer's JSON, or an error that says what the service said. */
import { type Agent, type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';

export interface Posted {
  readonly url: URL;
  readonly agent: Agent;
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

/** Throws ServiceError, and the network's own errors. */
export function exchange({ url, agent, headers, body, abortSignal, correctClock }: Posted): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // While credentials were fetched, say: what its sender has given up is not sent.
    abortSignal.throwIfAborted();
    // As pairs, and none of Node's own: this is the quickest way through node:http.
    const pairs: string[] = ['content-length', String(body.length)];
    for (const name of Object.keys(headers)) pairs.push(name, headers[name] as string);
    const request = (url.protocol === 'https:' ? requestTls : requestPlain)({
      agent,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port,
      method: 'POST',
      path: url.pathname,
      headers: pairs,
      setDefaultHeaders: false,
    });
    request.on('error', reject);
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answer = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
        const { statusCode: status = 0 } = response;
        try {
          if (status === 200) return resolve(JSON.parse(answer.toString('utf8')));
        } catch (thrown) {
          return reject(thrown);
        }
        reject(new ServiceError(status, readSaid(answer), status < 500 && correctClock(response.headers.date)));
      });
    });
    abortSignal.addEventListener('abort', () => request.destroy(abortSignal.reason as Error), { once: true });
    request.end(body);
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
