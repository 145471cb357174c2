// What the front of a device learns from the answer of the server that serves its user.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { BackendError, type Credentials, type MailSystem } from '../../lib/backends/index.ts';
import { silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { ActiveSyncRoute } from '../../lib/server/activesync/activesync-route.ts';
import type { Reply, Road } from '../../lib/server/activesync/road.ts';
import { Authenticator } from '../../lib/server/authentication/authenticator.ts';
import { IncomingBodies } from '../../lib/server/http/incoming-bodies.ts';
import { RunningRequests } from '../../lib/server/http/running-requests.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const OK: Reply = { kind: 'reply', status: 200, headers: {}, body: new Uint8Array(0) };
const PATH = '/Microsoft-Server-ActiveSync?Cmd=Ping&User=ada&DeviceId=PHONE1&DeviceType=Raw';

/** A front whose mail system takes every password, and what it was asked; `execute` is the owner's part. */
async function front(execute: () => Promise<Reply>) {
  const asked: string[] = [];
  const mail = {
    name: 'scripted',
    authenticate: async ({ password }: Credentials) => {
      asked.push(password);
      return { user: 'ada', addresses: ['ada@example.org'] };
    },
  } as unknown as MailSystem;
  const parts = { clock: systemClock, random: systemRandom, log: silentLog };
  const options = { failuresPerUser: 3, failuresPerAddress: 5, windowSeconds: 300, rememberSeconds: 60 };
  const road: Road = { execute, closeTicket: () => undefined, onCompletion: () => undefined };
  const route = new ActiveSyncRoute({
    ...parts,
    authenticator: new Authenticator({ ...parts, mail, options }),
    road,
    running: new RunningRequests(10),
    bodies: new IncomingBodies(10),
    bodyLimitBytes: 1_000,
    requestsPerMinute: 0,
  });
  const server = createServer((request, response) => {
    const context = { requestId: 'r', path: request.url ?? '', address: '192.0.2.1', isTls: true };
    void route.serve(request, response, context);
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  closing.push(() => server.close());
  return {
    asked,
    ask: async (password: string): Promise<number> => {
      const authorization = `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`;
      const headers = { authorization, 'MS-ASProtocolVersion': '16.1' };
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`;
      return (await fetch(url, { method: 'POST', headers })).status;
    },
  };
}

it.each<[string, () => Promise<Reply>]>([
  ['here', () => Promise.reject(new BackendError('rejected-credentials', 'no'))],
  ['at the server that serves the user', () => Promise.resolve({ ...OK, status: 401 })],
])(
  'a password that is turned down %s is asked about again, and those of the user’s other devices are not',
  async (_, no) => {
    let execute = () => Promise.resolve(OK);
    const { asked, ask } = await front(() => execute());
    expect([await ask('phone'), await ask('tablet'), await ask('phone')]).toEqual([200, 200, 200]);
    expect(asked).toEqual(['phone', 'tablet']);
    execute = no;
    expect(await ask('phone')).toBe(401);
    execute = () => Promise.resolve(OK);
    expect([await ask('tablet'), await ask('phone')]).toEqual([200, 200]);
    expect(asked).toEqual(['phone', 'tablet', 'phone']);
  },
);
