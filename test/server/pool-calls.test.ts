import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PoolDesk } from '../../lib/administration/index.ts';
import { type LogFields, silentLog, systemClock, systemRandom } from '../../lib/platform/index.ts';
import { createMember, type Member } from '../../lib/pool/index.ts';
import { HttpService } from '../../lib/server/http/http-service.ts';
import { PoolRoute } from '../../lib/server/http/pool-route.ts';
import { RunningRequests } from '../../lib/server/http/running-requests.ts';
import { SqliteStore } from '../../lib/store/index.ts';

const TOKEN = 'a token of sixteen and more';
const TIMES = { beatMs: 60, leaseMs: 300, requestTimeoutMs: 60, drainMs: 2_000 };

describe('what administrators ask of a pool', () => {
  let directory: string;
  let store: SqliteStore;
  let http: HttpService;
  let port: number;
  const members: Member[] = [];
  const warnings: LogFields[] = [];
  let waitingDevices: () => Promise<ReadonlySet<string> | undefined>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'caravan-pool-calls-'));
    store = new SqliteStore({ file: join(directory, 'caravan.db'), log: silentLog });
    waitingDevices = async () => new Set(['phone']);
    const desk = new PoolDesk({
      store,
      clock: systemClock,
      random: systemRandom,
      pool: 'berlin',
      leaseMs: TIMES.leaseMs,
      domain: 'example.org',
      waitingDevices: () => waitingDevices(),
    });
    const log = { ...silentLog, warn: (fields: LogFields) => void warnings.push(fields) };
    http = new HttpService({
      routes: [new PoolRoute({ desk, token: TOKEN, log })],
      options: { host: '127.0.0.1', port: 0, certificate: undefined, trustedProxies: [], keepAliveSeconds: 1 },
      running: new RunningRequests(10),
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
    });
    port = await http.listen();
  });

  afterEach(async () => {
    for (const member of members.splice(0)) await member.stop();
    await http.stop(0);
    await store.close();
    await rm(directory, { recursive: true });
  });

  async function join_(address: string): Promise<Member> {
    const done = async () => {};
    const member = createMember({
      store,
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      pool: 'berlin',
      settings: TIMES,
      address,
      zone: 'b',
      build: '1',
      load: () => ({ index: 80, constrained: undefined, devices: 3 }),
      callbacks: {
        onLost: () => {},
        idleMs: () => 0,
        give: { finish: done, flush: done, answerWaiting: done, closeMonitor: done, tell: done },
      },
    });
    members.push(member);
    await member.start();
    return member;
  }

  async function call(method: string, path: string, body?: object, token = TOKEN) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (!(await condition())) {
      if (performance.now() > deadline) throw new Error(`it did not come to ${String(condition)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const servers = async () => (await call('GET', '/pool')).body['servers'] as Record<string, unknown>[];

  it.each(['', 'a token of sixteen and mora', 'Basic'])(
    'are refused with the token %j, and it is logged',
    async (token) => {
      warnings.length = 0;
      const { status, body } = await call('GET', '/pool', undefined, token);
      expect(status).toBe(401);
      expect(body).toEqual({ error: { code: 'wrong-token', message: "It needs the administrator's token." } });
      expect(warnings).toEqual([{ address: '127.0.0.1' }]);
    },
  );

  it('the servers, those that live first', async () => {
    const one = await join_('10.0.0.1:8444');
    await join_('10.0.0.2:8444');
    const gone = await join_('10.0.0.0:8444');
    await gone.drain();
    expect(await servers()).toEqual([
      {
        session: one.session,
        address: '10.0.0.1:8444',
        zone: 'b',
        build: '1',
        status: 'up',
        available: true,
        index: 80,
        users: 0,
        devices: 3,
        lastBeat: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        started: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      },
      expect.objectContaining({ address: '10.0.0.2:8444' }),
      expect.objectContaining({ address: '10.0.0.0:8444', status: 'left', ended: expect.any(String) as string }),
    ]);
  });

  it('a user: the owner, since when, and which devices wait, however the name is written', async () => {
    const one = await join_('10.0.0.1:8444');
    expect((await one.locate('ada')).kind).toBe('mine');
    await store.put({
      key: { partition: 'USER#ada', sort: 'DEVICE#phone' },
      attributes: { format: 1, id: 'phone', user: 'ada', type: 'iPhone', protocolVersion: '16.1', lastSeen: 1_000 },
    });
    await store.put({ key: { partition: 'USER#ada', sort: 'DEVICE#phone#FOLDERS' }, attributes: { epoch: 1 } });
    for (const name of ['ada', 'Ada@Example.org', 'EXAMPLE%5Cada']) {
      const { status, body } = await call('GET', `/pool/users/${name}`);
      expect(status).toBe(200);
      expect(body).toEqual({
        user: 'ada',
        owner: { session: one.session, address: '10.0.0.1:8444', status: 'up' },
        epoch: 1,
        since: expect.any(String) as string,
        devices: [
          {
            id: 'phone',
            type: 'iPhone',
            protocolVersion: '16.1',
            access: 'allowed',
            lastSync: '1970-01-01T00:00:01.000Z',
            waiting: true,
          },
        ],
      });
    }
  });

  it('a user whose owner is not reached is told of all the same', async () => {
    const one = await join_('10.0.0.1:8444');
    await one.locate('ada');
    waitingDevices = () => Promise.reject(new Error('connection refused'));
    expect((await call('GET', '/pool/users/ada')).body).toMatchObject({
      epoch: 1,
      unknown: 'the owner was not reached: connection refused',
    });
  });

  it('a user nobody ever owned', async () => {
    expect((await call('GET', '/pool/users/nobody')).body).toEqual({ user: 'nobody', epoch: 0, devices: [] });
  });

  it('a drained server gives its users away and leaves', async () => {
    const one = await join_('10.0.0.1:8444');
    await one.locate('ada');
    await join_('10.0.0.2:8444');
    expect((await call('POST', '/pool/servers/10.0.0.1:8444/drain')).body).toMatchObject({ status: 'draining' });
    await until(async () => (await servers()).some(({ status }) => status === 'left'));
    await until(async () => {
      const { body } = await call('GET', '/pool/users/ada');
      return (body['owner'] as { address?: string } | undefined)?.address === '10.0.0.2:8444';
    });
  });

  it('a server that is not available keeps whom it has, and is available again', async () => {
    const one = await join_('10.0.0.1:8444');
    const path = `/pool/servers/${one.session.slice(0, 6)}/available`;
    expect((await call('POST', path, { available: false })).body).toMatchObject({ status: 'up', available: false });
    expect((await call('POST', path, { available: true })).body).toMatchObject({ available: true });
  });

  it('a user who is bound goes there, and is bound no more when that is said', async () => {
    const one = await join_('10.0.0.1:8444');
    await one.locate('ada');
    const two = await join_('10.0.0.2:8444');
    await until(() => one.sessions().length === 2);
    const bound = await call('PUT', '/pool/users/ada/binding', { server: two.session });
    expect(bound.body).toMatchObject({ boundTo: '10.0.0.2:8444' });
    await until(async () => {
      const { body } = await call('GET', '/pool/users/ada');
      return (body['owner'] as { session: string }).session === two.session;
    });
    expect((await call('DELETE', '/pool/users/ada/binding')).body).not.toHaveProperty('boundTo');
  });

  it('a name that no device has used is not bound, and leaves nothing behind, unless it is meant', async () => {
    const one = await join_('10.0.0.1:8444');
    for (const name of ['adda', '%20', 'ada%40other.example']) {
      expect(await call('PUT', `/pool/users/${name}/binding`, { server: one.session })).toMatchObject({
        status: 404,
        body: { error: { code: 'unknown-user' } },
      });
    }
    expect((await call('DELETE', '/pool/users/adda/binding')).status).toBe(404);
    expect((await call('GET', '/pool/users/adda')).body).toMatchObject({ epoch: 0 });
    expect(await call('PUT', '/pool/users/%20/binding', { server: one.session, new: true })).toMatchObject({
      status: 404,
    });
    const bound = await call('PUT', '/pool/users/adda/binding', { server: one.session, new: true });
    expect(bound.body).toMatchObject({ boundTo: '10.0.0.1:8444' });
  });

  it('whose store is silent: it is told in time, by a server that answers', async () => {
    await join_('b:1');
    const query = store.query.bind(store);
    store.query = async function* (...given) {
      await new Promise(() => {});
      yield* query(...given);
    };
    const ask = async (path: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        headers: { Authorization: `Bearer ${TOKEN}` },
        signal: AbortSignal.timeout(30_000),
      });
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({
        error: { code: 'pool-store-unavailable', message: expect.stringMatching(/its store has not/) as string },
      });
    };
    await Promise.all(['/pool', '/pool/users/ada'].map(ask));
    store.query = query;
  });

  it('a server that lives is not fenced; one that has stopped is, and may then be removed', async () => {
    const one = await join_('10.0.0.1:8444');
    const fence = () => call('POST', '/pool/servers/10.0.0.1:8444/fence', { gone: false });
    expect(await fence()).toMatchObject({ status: 409, body: { error: { code: 'server-alive' } } });
    expect(await call('DELETE', '/pool/servers/10.0.0.1:8444')).toMatchObject({
      status: 404,
      body: { error: { message: "There is no server '10.0.0.1:8444' that has ended" } },
    });
    await one.stop();
    expect(await fence()).toMatchObject({ status: 200, body: { status: 'fenced' } });
    expect((await call('DELETE', `/pool/servers/${one.session}`)).status).toBe(200);
    expect(await servers()).toEqual([]);
  });

  it('a name that may be several servers is refused, and says which', async () => {
    for (const address of ['10.0.0.1:8444', '10.0.0.2:8444']) await join_(address);
    const { status, body } = await call('POST', '/pool/servers/8444/drain');
    expect(status).toBe(409);
    const { message } = body['error'] as { message: string };
    for (const part of ['2 servers', 'at 10.0.0.1:8444', 'at 10.0.0.2:8444']) expect(message).toContain(part);
  });

  it('what balance would order, without ordering it', async () => {
    await join_('10.0.0.1:8444');
    expect(await call('POST', '/pool/balance', { dryRun: true })).toEqual({ status: 200, body: { gives: [] } });
  });

  it.each([
    ['GET', '/pool/nothing', undefined, 404],
    ['PATCH', '/pool', undefined, 404],
    ['POST', '/pool/servers/x/available', { available: 'yes' }, 400],
    ['PUT', '/pool/users/ada/binding', { server: 'x', more: 1 }, 400],
    ['GET', '/pool/users/%E0%A4%A', undefined, 400],
  ])('%s %s with %j is answered %i', async (method, path, body, status) => {
    expect((await call(method, path, body)).status).toBe(status);
  });
});
