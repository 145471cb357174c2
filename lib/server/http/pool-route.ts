/**
 * `/pool/…`, on the administration's listener: what `caravan pool` asks, in JSON, of any server of the pool. Who asks shows the
 * administrator's token.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { AdministrationError, type HomesDesk, type PoolDesk } from '../../administration/index.ts';
import { MigrationError } from '../../migration/index.ts';
import { CaravanError, type Log } from '../../platform/index.ts';
import { PoolError } from '../../pool/index.ts';
import { StoreError } from '../../store/index.ts';
import { answerJson, failed, hasToken } from './administration-call.ts';
import { readBody } from './body.ts';
import type { Route, RouteContext } from './route.ts';

const BODY_LIMIT_BYTES = 64 * 1024;
const STATUSES: Readonly<Record<string, number>> = {
  'unknown-server': 404,
  'unknown-user': 404,
  'server-unknown': 404,
  'ambiguous-server': 409,
  'server-alive': 409,
  'one-pool': 404,
  'pool-unknown': 404,
  'home-changed': 409,
  'move-not-possible': 409,
  'fail-over-not-safe': 409,
  'no-such-user': 404,
};

const TOLD = [AdministrationError, PoolError, StoreError, MigrationError];

interface Call {
  readonly desk: PoolDesk;
  /** Throws PoolError where this pool is the only one. */
  readonly homes: HomesDesk;
  /** The name within the path. */
  readonly name: string;
  readonly body: unknown;
}

const bindBody = z.strictObject({ server: z.string(), new: z.boolean().optional() });
const moveBody = z.strictObject({ to: z.string().optional(), new: z.boolean().optional() });
const lostBody = z.strictObject({ to: z.string() });
const takeOverBody = z.strictObject({ from: z.string(), to: z.string(), term: z.int() });
const evacuationBody = z.strictObject({ evacuated: z.boolean() });
const failOverBody = z.strictObject({ gone: z.boolean() });

/** By method and path; `*` is a name. What it resolves to is the answer. */
const CALLS: Readonly<Record<string, (call: Call) => Promise<object>>> = {
  'GET /pool': async ({ desk }) => ({ servers: await desk.servers() }),
  'GET /pool/users/*': ({ desk, name }) => desk.user(name),
  'PUT /pool/users/*/binding': ({ desk, name, body }) => {
    const { server, new: isNew } = bindBody.parse(body);
    return desk.bind(name, server, isNew);
  },
  'DELETE /pool/users/*/binding': ({ desk, name }) => desk.unbind(name),
  'POST /pool/servers/*/drain': ({ desk, name }) => desk.drain(name),
  'POST /pool/servers/*/available': ({ desk, name, body }) =>
    desk.setAvailable(name, z.strictObject({ available: z.boolean() }).parse(body).available),
  'POST /pool/servers/*/fence': ({ desk, name, body }) =>
    desk.fence(name, z.strictObject({ gone: z.boolean() }).parse(body).gone),
  'DELETE /pool/servers/*': ({ desk, name }) => desk.remove(name),
  'POST /pool/balance': async ({ desk, body }) => ({
    gives: await desk.rebalance(z.strictObject({ dryRun: z.boolean() }).parse(body).dryRun),
  }),
  'GET /pool/homes': async ({ homes }) => ({ pools: await homes.pools() }),
  'GET /pool/homes/*': async ({ homes, name }) => ({ users: await homes.usersOf(name) }),
  'GET /pool/users/*/home': ({ homes, name }) => homes.home(name),
  'POST /pool/users/*/move': ({ homes, name, body }) => {
    const { to, new: isNew } = moveBody.parse(body);
    return homes.move(name, to, isNew);
  },
  'POST /pool/users/*/take-over': ({ homes, name, body }) =>
    homes.takeOver({ user: name, ...takeOverBody.parse(body) }),
  'POST /pool/homes/*/evacuation': async ({ homes, name, body }) => ({
    pools: await homes.setEvacuated(name, evacuationBody.parse(body).evacuated),
  }),
  'POST /pool/homes/*/fail-over': ({ homes, name, body }) => homes.beginFailOver(name, failOverBody.parse(body).gone),
  'POST /pool/homes/*/fail-over-users': async ({ homes, name, body }) => ({
    users: await homes.usersLost(name, lostBody.parse(body).to),
  }),
  'POST /pool/homes/*/fail-over-end': async ({ homes, name }) => ({ pools: await homes.endFailOver(name) }),
};

export interface PoolRouteParts {
  /** Undefined where this server is alone. */
  readonly desk: PoolDesk | undefined;
  /** Undefined where this pool is the only one. */
  readonly homes?: HomesDesk | undefined;
  readonly token: string;
  readonly log: Log;
}

export class PoolRoute implements Route {
  readonly name = 'pool';
  readonly isCounted = false;
  readonly #parts: PoolRouteParts;

  constructor(parts: PoolRouteParts) {
    this.#parts = parts;
  }

  matches(path: string): boolean {
    return path === '/pool' || path.startsWith('/pool/');
  }

  async serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    const { desk, homes, log } = this.#parts;
    if (!hasToken(request, this.#parts.token)) {
      log.warn({ address: context.address }, 'A call of the administration was refused: it does not have the token');
      return answerJson(response, 401, failed('wrong-token', "It needs the administrator's token."), {
        'WWW-Authenticate': 'Bearer',
      });
    }
    if (desk === undefined) {
      return answerJson(response, 404, failed('no-pool', 'This server is alone: it is of no pool.'));
    }
    try {
      const { call, name } = callOf(request);
      if (call === undefined) return answerJson(response, 404, failed('no-such-call', 'There is no such call.'));
      const body = await readBody(request, BODY_LIMIT_BYTES);
      const result = await call({
        desk,
        name,
        body: body.length === 0 ? {} : JSON.parse(body.toString('utf8')),
        get homes() {
          if (homes !== undefined) return homes;
          throw new AdministrationError('one-pool', 'This pool is the only one: its users have no homes to choose', {
            remedy: 'Give every pool the same `homes.table` (docs/homes.md).',
          });
        },
      });
      if (request.method !== 'GET')
        log.info({ call: `${request.method} ${request.url}` }, 'An administrator changed the pool');
      answerJson(response, 200, result);
    } catch (thrown) {
      this.#fail(response, thrown, context.requestId);
    }
  }

  #fail(response: ServerResponse, thrown: unknown, requestId: string): void {
    if (thrown instanceof z.ZodError || thrown instanceof SyntaxError || thrown instanceof URIError) {
      return answerJson(response, 400, failed('bad-call', 'The call is not one that is understood.'));
    }
    const isTold = TOLD.some((type) => thrown instanceof type);
    if (!isTold || !(thrown instanceof CaravanError)) {
      this.#parts.log.error({ requestId, error: thrown }, 'A call of the administration failed');
      return answerJson(response, 500, failed('failed', `The call failed; its number in the log is ${requestId}.`));
    }
    answerJson(response, STATUSES[thrown.code] ?? 503, failed(thrown.code, thrown.message, thrown));
  }
}

/** The path as it was written: names keep their case. */
function callOf({ method = 'GET', url = '/' }: IncomingMessage) {
  const parts = (url.split('?')[0] ?? '').split('/').filter((part) => part !== '');
  const name = parts.length >= 3 ? decodeURIComponent(parts[2] ?? '') : '';
  const path = parts.map((part, position) => (position === 2 ? '*' : part.toLowerCase())).join('/');
  return { call: Object.hasOwn(CALLS, `${method} /${path}`) ? CALLS[`${method} /${path}`] : undefined, name };
}
