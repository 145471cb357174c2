/** `/join…`, on a standalone server's administration: what `caravan join` and `caravan leave` ask. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type Migration, MigrationError } from '../../migration/index.ts';
import { CaravanError, type Log } from '../../platform/index.ts';
import { readBody } from './body.ts';
import { answerJson, failed, hasToken } from './administration-call.ts';
import type { Route, RouteContext } from './route.ts';

export interface JoinRouteParts {
  /** Undefined where this server is of a pool itself. */
  readonly migration: Migration | undefined;
  readonly token: string;
  readonly log: Log;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const ASKED = z.strictObject({
  direction: z.enum(['join', 'leave']),
  file: z.string().min(1),
  standalone: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
  isVerified: z.boolean(),
  users: z.array(z.string().min(1)),
});

const CALLS: Readonly<Record<string, (migration: Migration, body: unknown) => Promise<object>>> = {
  'GET /join': async (migration) => migration.progress(),
  'GET /join/order': async (migration) => ({ phase: migration.order?.phase ?? 'none' }),
  'POST /join': (migration, body) => migration.start(ASKED.parse(body)),
  'POST /join/undo': (migration) => migration.undo(),
  'POST /join/finish': (migration) => migration.finish(),
};

export class JoinRoute implements Route {
  readonly name = 'join';
  readonly isCounted = false;
  readonly #parts: JoinRouteParts;

  constructor(parts: JoinRouteParts) {
    this.#parts = parts;
  }

  matches(path: string): boolean {
    return path === '/join' || path.startsWith('/join/');
  }

  async serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    const { migration, token, log } = this.#parts;
    if (!hasToken(request, token)) {
      log.warn({ address: context.address }, 'A call of the administration was refused: it does not have the token');
      const error = failed('wrong-token', "It needs the administrator's token.");
      return answerJson(response, 401, error, { 'WWW-Authenticate': 'Bearer' });
    }
    try {
      if (migration === undefined) {
        throw new MigrationError('not-standalone', 'This server can neither join nor leave a pool', {
          why: 'it is a server of a pool itself',
          remedy: 'Name the administration of the standalone server with --url.',
        });
      }
      const call = CALLS[`${request.method} ${context.path}`];
      if (call === undefined) return answerJson(response, 404, failed('no-such-call', 'There is no such call.'));
      const body = await readBody(request, BODY_LIMIT_BYTES);
      answerJson(response, 200, await call(migration, body.length === 0 ? {} : JSON.parse(body.toString('utf8'))));
    } catch (thrown) {
      if (thrown instanceof CaravanError) return answerJson(response, 409, failed(thrown.code, thrown.message, thrown));
      if (thrown instanceof z.ZodError || thrown instanceof SyntaxError) {
        return answerJson(response, 400, failed('bad-call', 'The call is not one that is understood.'));
      }
      log.error({ requestId: context.requestId, error: thrown }, 'A call of the administration failed');
      answerJson(response, 500, failed('failed', `The call failed; its number in the log is ${context.requestId}.`));
    }
  }
}
