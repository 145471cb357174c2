/**
 * `/users/…` and `/devices/…`, on the administration's listener: what `caravan user` asks of devices, in JSON, of a server alone
 * or of any of a pool. Who asks shows the administrator's token.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { type DeviceDesk, type DeviceOrder, deviceOrder } from '../../administration/index.ts';
import type { Log } from '../../platform/index.ts';
import { type Calls, type CallsServed, serveCall } from './administration-call.ts';
import type { Route, RouteContext } from './route.ts';

const access = z.enum(['allowed', 'quarantined', 'blocked']);

function deviceCalls(desk: DeviceDesk): Calls {
  const order = async ([user = '', device = '']: readonly string[], kind: DeviceOrder['kind'], body: unknown) => {
    const given = deviceOrder.parse({ ...z.looseObject({}).parse(body), kind, device });
    return given.kind === 'rescan' ? {} : ((await desk.order(user, given)) ?? {});
  };
  return {
    'GET /devices/*': async ({ names: [name] }) => ({ devices: await desk.withAccess(access.parse(name)) }),
    'GET /users/*/devices': ({ names: [user = ''] }) => desk.devices(user),
    'GET /users/*/devices/*': ({ names: [user = '', device = ''] }) => desk.device(user, device),
    // Not a GET, so that the log says that it was read.
    'POST /users/*/devices/*/recovery-password': ({ names: [user = '', device = ''] }) =>
      desk.recoveryPassword(user, device),
    'PUT /users/*/devices/*/access': ({ names, body }) => order(names, 'access', body),
    'PUT /users/*/devices/*/wipe': ({ names, body }) => order(names, 'wipe', body),
    'DELETE /users/*/devices/*/wipe': ({ names, body }) => order(names, 'call-off-wipe', body),
    'POST /users/*/devices/*/resend': ({ names, body }) => order(names, 'resend', body),
    'DELETE /users/*/devices/*': ({ names, body }) => order(names, 'forget', body),
    'POST /users/*/rescan': async ({ names: [user = ''] }) => {
      await desk.rescan(user);
      return {};
    },
  };
}

export class DevicesRoute implements Route {
  readonly name = 'devices';
  readonly isCounted = false;
  readonly #served: CallsServed;

  constructor({ desk, token, log }: { readonly desk: DeviceDesk; readonly token: string; readonly log: Log }) {
    this.#served = { calls: deviceCalls(desk), token, log };
  }

  matches(path: string): boolean {
    return path.startsWith('/users/') || path.startsWith('/devices/');
  }

  serve(request: IncomingMessage, response: ServerResponse, context: RouteContext): Promise<void> {
    return serveCall(request, response, context, this.#served);
  }
}
