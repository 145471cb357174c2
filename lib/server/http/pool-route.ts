/**
 * `/pool/…`, on the administration's listener: what `caravan pool` asks, in JSON, of any server of the pool. Who asks shows the
 * administrator's token.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { AdministrationError, type HomesDesk, type PoolDesk } from '../../administration/index.ts';
import type { Log } from '../../platform/index.ts';
import { type Calls, type CallsServed, serveCall } from './administration-call.ts';
import type { Route, RouteContext } from './route.ts';

const bindBody = z.strictObject({ server: z.string(), new: z.boolean().optional() });
const moveBody = z.strictObject({ to: z.string().optional(), new: z.boolean().optional() });
const lostBody = z.strictObject({ to: z.string() });
const takeOverBody = z.strictObject({ from: z.string(), to: z.string(), term: z.int() });
const evacuationBody = z.strictObject({ evacuated: z.boolean() });
const goneBody = z.strictObject({ gone: z.boolean() });
const availableBody = z.strictObject({ available: z.boolean() });
const balanceBody = z.strictObject({ dryRun: z.boolean() });

const poolCalls = (desk: PoolDesk): Calls => ({
  'GET /pool': async () => ({ servers: await desk.servers() }),
  'GET /pool/users/*': ({ names: [name = ''] }) => desk.user(name),
  'PUT /pool/users/*/binding': ({ names: [name = ''], body }) => {
    const { server, new: isNew } = bindBody.parse(body);
    return desk.bind(name, server, isNew);
  },
  'DELETE /pool/users/*/binding': ({ names: [name = ''] }) => desk.unbind(name),
  'POST /pool/servers/*/drain': ({ names: [name = ''] }) => desk.drain(name),
  'POST /pool/servers/*/available': ({ names: [name = ''], body }) =>
    desk.setAvailable(name, availableBody.parse(body).available),
  'POST /pool/servers/*/fence': ({ names: [name = ''], body }) => desk.fence(name, goneBody.parse(body).gone),
  'DELETE /pool/servers/*': ({ names: [name = ''] }) => desk.remove(name),
  'POST /pool/balance': async ({ body }) => ({ gives: await desk.rebalance(balanceBody.parse(body).dryRun) }),
});

const homesCalls = (homes: () => HomesDesk): Calls => ({
  'GET /pool/homes': async () => ({ pools: await homes().pools() }),
  'GET /pool/homes/*': async ({ names: [name = ''] }) => ({ users: await homes().usersOf(name) }),
  'GET /pool/users/*/home': async ({ names: [name = ''] }) => homes().home(name),
  'POST /pool/users/*/move': async ({ names: [name = ''], body }) => {
    const { to, new: isNew } = moveBody.parse(body);
    return homes().move(name, to, isNew);
  },
  'POST /pool/users/*/take-over': async ({ names: [name = ''], body }) =>
    homes().takeOver({ user: name, ...takeOverBody.parse(body) }),
  'POST /pool/homes/*/evacuation': async ({ names: [name = ''], body }) => ({
    pools: await homes().setEvacuated(name, evacuationBody.parse(body).evacuated),
  }),
  'POST /pool/homes/*/fail-over': async ({ names: [name = ''], body }) =>
    homes().beginFailOver(name, goneBody.parse(body).gone),
  'POST /pool/homes/*/fail-over-users': async ({ names: [name = ''], body }) => ({
    users: await homes().usersLost(name, lostBody.parse(body).to),
  }),
  'POST /pool/homes/*/fail-over-end': async ({ names: [name = ''] }) => ({ pools: await homes().endFailOver(name) }),
});

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
  readonly #served: CallsServed;

  constructor({ desk, homes, token, log }: PoolRouteParts) {
    const ofHomes = (): HomesDesk => {
      if (homes !== undefined) return homes;
      throw new AdministrationError('one-pool', 'This pool is the only one: its users have no homes to choose', {
        remedy: 'Give every pool the same `homes.table` (docs/homes.md).',
      });
    };
    const calls =
      desk === undefined
        ? { code: 'no-pool', message: 'This server is alone: it is of no pool.' }
        : { ...poolCalls(desk), ...homesCalls(ofHomes) };
    this.#served = { calls, token, log };
  }

  matches(path: string): boolean {
    return path === '/pool' || path.startsWith('/pool/');
  }

  serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    return serveCall(request, response, context, this.#served);
  }
}
