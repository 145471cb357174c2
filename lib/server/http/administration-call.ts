// What the calls of the administration's listener have in common: the token, the way from a path to a call, and answers in JSON.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { CaravanError, type Log } from '../../platform/index.ts';
import { readBody } from './body.ts';
import type { RouteContext } from './route.ts';

export interface Asked {
  /** What stands for each `*` of the path, decoded. */
  readonly names: readonly string[];
  /** `{}` where there was none. */
  readonly body: unknown;
}

/** By method and path, in lower case; `*` is a name. What a call resolves to is the answer. */
export type Calls = Readonly<Record<string, (asked: Asked) => Promise<object>>>;

export interface CallsServed {
  /** Or why there are none here. */
  readonly calls: Calls | { readonly code: string; readonly message: string };
  readonly token: string;
  readonly log: Log;
}

const BODY_LIMIT_BYTES = 64 * 1024;
/** What is not here is 503: it may be tried again. */
const STATUSES: Readonly<Record<string, number>> = {
  'unknown-server': 404,
  'unknown-user': 404,
  'unknown-device': 404,
  'unknown-collection': 404,
  'no-recovery-password': 404,
  'server-unknown': 404,
  'ambiguous-server': 409,
  'server-alive': 409,
  'one-pool': 404,
  'pool-unknown': 404,
  'home-changed': 409,
  'moved-home': 409,
  'move-not-possible': 409,
  'fail-over-not-safe': 409,
  'no-such-user': 404,
  'served-by-pool': 409,
  'wipe-not-possible': 409,
  'no-wipe': 409,
  'body-too-large': 413,
};

/** Answers the call that was asked for, or says why not. */
export async function serveCall(
  request: IncomingMessage,
  response: ServerResponse,
  context: RouteContext,
  { calls, token, log }: CallsServed,
): Promise<void> {
  if (!hasToken(request, token)) {
    log.warn({ address: context.address }, 'A call of the administration was refused: it does not have the token');
    return answerJson(response, 401, failed('wrong-token', "It needs the administrator's token."), {
      'WWW-Authenticate': 'Bearer',
    });
  }
  if (!isCalls(calls)) return answerJson(response, 404, failed(calls.code, calls.message));
  try {
    const { call, names } = callOf(calls, request);
    if (call === undefined) return answerJson(response, 404, failed('no-such-call', 'There is no such call.'));
    const body = await readBody(request, BODY_LIMIT_BYTES);
    const result = await call({ names, body: body.length === 0 ? {} : JSON.parse(body.toString('utf8')) });
    if (request.method !== 'GET')
      log.info({ call: `${request.method} ${request.url}` }, 'What an administrator ordered was done');
    answerJson(response, 200, result);
  } catch (thrown) {
    fail(response, thrown, context.requestId, log);
  }
}

function fail(response: ServerResponse, thrown: unknown, requestId: string, log: Log): void {
  if (thrown instanceof z.ZodError || thrown instanceof SyntaxError || thrown instanceof URIError) {
    return answerJson(response, 400, failed('bad-call', 'The call is not one that is understood.'));
  }
  if (!(thrown instanceof CaravanError)) {
    log.error({ requestId, error: thrown }, 'A call of the administration failed');
    return answerJson(response, 500, failed('failed', `The call failed; its number in the log is ${requestId}.`));
  }
  answerJson(response, STATUSES[thrown.code] ?? 503, failed(thrown.code, thrown.message, thrown));
}

const isCalls = (calls: CallsServed['calls']): calls is Calls => !('code' in calls);

/** Names keep their case. Throws URIError. */
function callOf(calls: Calls, { method = 'GET', url = '/' }: IncomingMessage) {
  const parts = (url.split('?')[0] ?? '').split('/').filter((part) => part !== '');
  for (const [key, call] of Object.entries(calls)) {
    const [wanted, path = ''] = key.split(' ');
    const pattern = path.split('/').filter((part) => part !== '');
    if (wanted !== method || pattern.length !== parts.length) continue;
    if (!pattern.every((it, at) => it === '*' || it === parts[at]?.toLowerCase())) continue;
    const names = parts.filter((_, at) => pattern[at] === '*').map(decodeURIComponent);
    return { call, names };
  }
  return { call: undefined, names: [] };
}

export function hasToken({ headers }: IncomingMessage, token: string): boolean {
  const shown = /^Bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
  return shown !== undefined && timingSafeEqual(digestOf(shown), digestOf(token));
}

export const failed = (code: string, message: string, { remedy }: Partial<Pick<CaravanError, 'remedy'>> = {}) => ({
  error: { code, message, ...(remedy !== undefined && { remedy }) },
});

export function answerJson(
  response: ServerResponse,
  status: number,
  value: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers });
  response.end(`${JSON.stringify(value)}\n`);
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();
