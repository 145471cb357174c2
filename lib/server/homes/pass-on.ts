/** Passes a device's request on to the front door of its user's home, and the answer back as it comes. */
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type Log, reasonOf } from '../../platform/index.ts';

/** Names the pool that passed it on; such a request is passed no further. */
export const PASSED_ON_HEADER = 'x-caravan-pool';

/** Of one connection alone (RFC 9110 section 7.6.1), or made anew. */
const OWN_HEADERS = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
]);
const RETRY_AFTER_SECONDS = 5;
/** For the connection alone: how long an answer takes is the device's to say. */
const CONNECT_LIMIT_MS = 10_000;
/** A pool that is gone without a word is noticed by the connection itself. */
const KEEP_ALIVE_MS = 30_000;
const MISDIRECTED = 421;

export interface PassOnParts {
  readonly pool: string;
  /** The other pool says that the user is not at home there. */
  readonly onMisdirected: () => void;
  readonly log: Log;
}

/** Returns at once: the answer may be an hour away. */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  body: Uint8Array,
  url: string,
  { pool, onMisdirected, log }: PassOnParts,
): void {
  const start = url.startsWith('https:') ? httpsRequest : httpRequest;
  const headers = { ...kept(request.headers), [PASSED_ON_HEADER]: pool, 'content-length': body.length };
  const outgoing = start(`${url}${request.url ?? ''}`, { method: request.method, headers });
  const failed = (reason: string) => {
    log.warn({ url, reason }, "The pool of a user's home did not answer");
    if (response.headersSent) return void response.destroy();
    response.writeHead(503, { 'Retry-After': String(RETRY_AFTER_SECONDS), 'Content-Length': 0 });
    response.end();
  };
  outgoing.on('error', (error) => failed(reasonOf(error)));
  outgoing.once('socket', (socket) => {
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    if (!socket.connecting) return;
    const tooLong = () => outgoing.destroy(new Error(`no connection within ${CONNECT_LIMIT_MS / 1000} s`));
    socket.setTimeout(CONNECT_LIMIT_MS, tooLong);
    socket.once('connect', () => socket.setTimeout(0, tooLong));
  });
  outgoing.on('response', (answer) => {
    if (answer.statusCode === MISDIRECTED) {
      answer.resume();
      onMisdirected();
      return failed('the user is not at home there');
    }
    response.writeHead(answer.statusCode ?? 502, kept(answer.headers));
    answer.on('error', (error) => failed(reasonOf(error)));
    answer.pipe(response);
  });
  response.once('close', () => outgoing.destroy());
  outgoing.end(body);
}

const kept = (headers: IncomingMessage['headers']): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || OWN_HEADERS.has(name) ? [] : [[name, value]],
    ),
  );
