/** The real transport: node:http and node:https with connections kept open, as phones keep them. */
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Transport, TransportRequest, TransportResponse } from './transport.ts';

const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const IDLE_MS = 60_000;
const gunzipped = promisify(gunzip);

export interface HttpTransportOptions {
  /** Take any certificate: for servers with a generated one. Default false. */
  readonly insecureTls?: boolean;
}

export function httpTransport(options: HttpTransportOptions = {}): Transport {
  const http = new HttpAgent({ keepAlive: true, timeout: IDLE_MS });
  const https = new HttpsAgent({
    keepAlive: true,
    timeout: IDLE_MS,
    rejectUnauthorized: options.insecureTls !== true,
  });
  return {
    request: (request) =>
      request.url.startsWith('https:') ? exchange(httpsRequest, https, request) : exchange(httpRequest, http, request),
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

async function exchange(
  start: typeof httpRequest,
  agent: HttpAgent,
  { method, url, headers, body, timeoutMs, signal }: TransportRequest,
): Promise<TransportResponse> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = start(url, {
      agent,
      method,
      headers: { ...headers, 'Accept-Encoding': 'gzip', ...(body && { 'Content-Length': String(body.length) }) },
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      // The agent's timeout is for idle connections; a held request has its own deadline.
      timeout: 0,
    });
    outgoing.on('response', resolve);
    outgoing.on('error', (error) => {
      if (signal?.aborted) reject(signal.reason as Error);
      else reject(deadline.aborted ? new Error(`no answer within ${timeoutMs} ms`, { cause: error }) : error);
    });
    outgoing.end(body);
  });
  const bytes = await bodyOf(response);
  return {
    status: response.statusCode ?? 0,
    headers: Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)])),
    body: response.headers['content-encoding'] === 'gzip' && bytes.length > 0 ? await gunzipped(bytes) : bytes,
  };
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
