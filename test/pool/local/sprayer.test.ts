import { createHash, randomBytes } from 'node:crypto';
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as openRequest,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Sprayer } from '../../../lib/pool/local/index.ts';

const HEALTH = { intervalMs: 40, timeoutMs: 200 };
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`it did not come to ${String(condition)}`);
    await sleep(5);
  }
}

class Backend {
  readonly name: string;
  readonly server: Server;
  isReady = true;
  served = 0;
  probes = 0;
  handle: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) =>
    response.end(this.name);

  constructor(name: string) {
    this.name = name;
    this.server = createServer((request, response) => {
      if (request.url === '/ready') {
        this.probes += 1;
        response.writeHead(this.isReady ? 200 : 503).end();
        return;
      }
      this.served += 1;
      this.handle(request, response);
    });
    this.server.keepAliveTimeout = 75_000;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
  }

  /** As a process that is killed. */
  kill(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** As a server stops: not ready first, the door when that is noticed, what runs may finish. */
  async stopGracefully(isNoticed: () => boolean): Promise<void> {
    this.isReady = false;
    await until(isNoticed);
    const closed = new AbortController();
    this.server.close(() => closed.abort());
    while (!closed.signal.aborted) {
      this.server.closeIdleConnections();
      await sleep(5);
    }
  }
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly headers: IncomingMessage['headers'];
}

describe('the sprayer', () => {
  const opened: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  });

  async function start(...names: string[]): Promise<{ sprayer: Sprayer; backends: Backend[] }> {
    const backends = names.map((name) => new Backend(name));
    for (const backend of backends) {
      await backend.listen();
      opened.push(() => backend.kill());
    }
    const targets = backends.map(({ name, port }) => ({ name, host: '127.0.0.1', port }));
    const sprayer = await Sprayer.start({ port: 0, targets, health: HEALTH });
    opened.push(() => sprayer.stop());
    await until(() => sprayer.targets().every(({ state }) => state === 'healthy'));
    return { sprayer, backends };
  }

  const stateOf = (sprayer: Sprayer, name: string) => sprayer.targets().find((it) => it.name === name)?.state;

  function ask(
    sprayer: Sprayer,
    options: { method?: string; path?: string; headers?: Record<string, string>; body?: Buffer; agent?: Agent } = {},
  ): Promise<Answer> {
    const { method = 'GET', path = '/', headers = {}, body, agent } = options;
    return new Promise((resolve, reject) => {
      const request = openRequest({
        host: '127.0.0.1',
        port: sprayer.port,
        method,
        path,
        headers,
        ...(agent && { agent }),
      });
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks), headers: response.headers }),
        );
      });
      request.end(body);
    });
  }

  it('takes the servers in turn, whoever asks', async () => {
    const { sprayer, backends } = await start('a', 'b', 'c');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    opened.push(() => agent.destroy());
    for (let n = 0; n < 30; n += 1) await ask(sprayer, { agent, headers: { Cookie: 'session=1' } });
    expect(backends.map(({ served }) => served)).toEqual([10, 10, 10]);
  });

  it('tells the server who asks and how, after what proxies before it have told', async () => {
    const { sprayer, backends } = await start('a');
    let seen: IncomingMessage | undefined;
    (backends[0] as Backend).handle = (request, response) => {
      seen = request;
      response.writeHead(200, 'Fine', { 'Set-Cookie': ['one=1', 'two=2'], Connection: 'close, X-Hop', 'X-Hop': 'no' });
      response.end();
    };
    const answer = await ask(sprayer, {
      path: '/Microsoft-Server-ActiveSync?Cmd=Ping&x=%2F',
      headers: {
        Host: 'sync.example.org',
        'X-Forwarded-For': '192.0.2.7',
        Connection: 'keep-alive, X-Private',
        'X-Private': 'mine',
        'MS-ASProtocolVersion': '16.1',
      },
    });
    expect(seen?.url).toBe('/Microsoft-Server-ActiveSync?Cmd=Ping&x=%2F');
    expect(seen?.headers).toMatchObject({
      host: 'sync.example.org',
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(sprayer.port),
      'ms-asprotocolversion': '16.1',
    });
    expect(seen?.headers).not.toHaveProperty('x-private');
    expect(answer.headers['set-cookie']).toEqual(['one=1', 'two=2']);
    expect(answer.headers).not.toHaveProperty('x-hop');
  });

  it('streams large bodies both ways as they are', async () => {
    const { sprayer, backends } = await start('a');
    (backends[0] as Backend).handle = (request, response) => request.pipe(response);
    const body = randomBytes(24 * 1024 * 1024);
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    const { status, body: back } = await ask(sprayer, {
      method: 'POST',
      headers: { 'Content-Length': String(body.length) },
      body,
    });
    expect(status).toBe(200);
    expect(digest(back)).toBe(digest(body));
    for (const headers of [{}, { 'Content-Length': '5' }] as Record<string, string>[]) {
      expect((await ask(sprayer, { method: 'PUT', headers, body: Buffer.from('hello') })).body.toString()).toBe(
        'hello',
      );
    }
  });

  it('passes on what a server says before it is done', async () => {
    const { sprayer, backends } = await start('a');
    (backends[0] as Backend).handle = (_request, response) => {
      response.writeHead(200);
      response.write('first');
    };
    const first = await new Promise<string>((resolve, reject) => {
      const request = openRequest({ host: '127.0.0.1', port: sprayer.port }, (response) =>
        response.once('data', (chunk: Buffer) => {
          resolve(chunk.toString());
          response.destroy();
        }),
      );
      request.on('error', reject);
      request.end();
    });
    expect(first).toBe('first');
  });

  it('a held request stays, and the server hears at once when its device goes', async () => {
    const { sprayer, backends } = await start('a');
    let isGone = false;
    (backends[0] as Backend).handle = (request, response) => {
      request.resume();
      response.once('close', () => {
        isGone = true;
      });
    };
    const request = openRequest({ host: '127.0.0.1', port: sprayer.port, method: 'POST', path: '/held' });
    request.on('error', () => undefined);
    request.end('ping');
    await until(() => (backends[0] as Backend).served === 1);
    await sleep(300);
    expect(isGone).toBe(false);
    expect(sprayer.targets()[0]?.active).toBe(1);
    request.destroy();
    await until(() => isGone);
    await until(() => sprayer.targets()[0]?.active === 0);
  });

  it('an answer before the whole request has come gets through', async () => {
    const { sprayer, backends } = await start('a');
    (backends[0] as Backend).handle = (_request, response) => response.writeHead(413).end('too large');
    const { status, body } = await ask(sprayer, { method: 'POST', body: randomBytes(4 * 1024 * 1024) });
    expect([status, body.toString()]).toEqual([413, 'too large']);
  });

  it('one bad probe is not enough to take a server out; two are; and two good ones bring it back', async () => {
    const { sprayer, backends } = await start('a', 'b');
    const [a] = backends as [Backend, Backend];
    const probes = a.probes;
    a.isReady = false;
    await until(() => a.probes === probes + 1);
    expect(stateOf(sprayer, 'a')).toBe('healthy');
    await until(() => stateOf(sprayer, 'a') === 'unhealthy');
    expect(sprayer.targets()[0]?.why).toBe('/ready answers 503');
    const served = a.served;
    for (let n = 0; n < 10; n += 1) expect((await ask(sprayer)).body.toString()).toBe('b');
    expect(a.served).toBe(served);
    a.isReady = true;
    await until(() => stateOf(sprayer, 'a') === 'healthy');
  });

  it('a server that does not answer its probes is taken out too', async () => {
    const { sprayer, backends } = await start('a', 'b');
    const [a] = backends as [Backend, Backend];
    a.server.removeAllListeners('request');
    await until(() => stateOf(sprayer, 'a') === 'unhealthy');
    expect(sprayer.targets()[0]?.why).toBe('/ready does not answer within 200 ms');
  });

  it('a new server gets requests after its first good probe, not before', async () => {
    const late = new Backend('late');
    const sprayer = await Sprayer.start({
      port: 0,
      targets: [{ name: 'late', host: '127.0.0.1', port: 1 }],
      health: { ...HEALTH, unhealthyThreshold: 1_000 },
    });
    opened.push(() => sprayer.stop());
    expect((await ask(sprayer)).status).toBe(503);
    expect(late.served).toBe(0);
  });

  it('while no server is healthy it asks those there are, as load balancers do', async () => {
    const { sprayer, backends } = await start('a', 'b');
    for (const backend of backends) backend.isReady = false;
    await until(() => sprayer.targets().every(({ state }) => state === 'unhealthy'));
    expect((await ask(sprayer)).status).toBe(200);
  });

  it('a refused connection is tried elsewhere, with the whole body', async () => {
    const { sprayer, backends } = await start('a', 'b');
    const [a, b] = backends as [Backend, Backend];
    b.handle = (request, response) => request.pipe(response);
    a.kill();
    for (let n = 0; n < 6; n += 1) {
      const { status, body } = await ask(sprayer, { method: 'POST', body: Buffer.from(`message ${n}`) });
      expect([status, body.toString()]).toEqual([200, `message ${n}`]);
    }
  });

  it('a request that a server had and did not answer is never sent twice: 502', async () => {
    const { sprayer, backends } = await start('a', 'b');
    for (const backend of backends) backend.handle = (request) => request.socket.destroy();
    expect((await ask(sprayer, { method: 'POST', body: Buffer.from('once') })).status).toBe(502);
    expect((backends[0] as Backend).served + (backends[1] as Backend).served).toBe(1);
  });

  it('an answer that breaks off in the middle is not passed on as a whole one', async () => {
    const { sprayer, backends } = await start('a');
    (backends[0] as Backend).handle = (_request, response) => {
      response.writeHead(200, { 'Content-Length': '1000' });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    await expect(ask(sprayer)).rejects.toThrow();
  });

  /** Requests without a pause over kept connections, until `while_` is over. */
  async function load(sprayer: Sprayer, clients: number, during: Promise<unknown>): Promise<number[]> {
    const over = new AbortController();
    void during.finally(() => over.abort());
    const statuses: number[] = [];
    const agent = new Agent({ keepAlive: true });
    const client = async () => {
      while (!over.signal.aborted) {
        const status = await ask(sprayer, { agent, method: 'POST', body: Buffer.from('x'.repeat(100)) }).then(
          (it) => it.status,
          () => 0,
        );
        statuses.push(status);
        await sleep(1);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    agent.destroy();
    return statuses;
  }

  it('servers that stop one after the other under load, each not ready first, fail no request', async () => {
    const { sprayer, backends } = await start('a', 'b', 'c');
    for (const backend of backends) {
      backend.handle = (request, response) => {
        request.resume();
        setTimeout(() => response.end('late'), 15);
      };
    }
    const rolling = async () => {
      for (const backend of backends) {
        const { port } = backend;
        await backend.stopGracefully(() => stateOf(sprayer, backend.name) === 'unhealthy');
        await sleep(50);
        await backend.listen(port);
        backend.isReady = true;
        await until(() => stateOf(sprayer, backend.name) === 'healthy');
      }
    };
    const statuses = await load(sprayer, 8, rolling());
    expect(statuses.length).toBeGreaterThan(100);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
  });

  it('a server taken out by name gets nothing more, and what it has goes on', async () => {
    const { sprayer, backends } = await start('a', 'b');
    const [a] = backends as [Backend, Backend];
    a.handle = (_request, response) => setTimeout(() => response.end('a'), 300);
    const held = Promise.all([ask(sprayer), ask(sprayer)]);
    await until(() => a.served === 1);
    sprayer.drain('a');
    for (let n = 0; n < 4; n += 1) expect((await ask(sprayer)).body.toString()).toBe('b');
    await sleep(HEALTH.intervalMs * 4);
    expect(stateOf(sprayer, 'a')).toBe('draining');
    expect((await held).map(({ body }) => body.toString()).toSorted()).toEqual(['a', 'b']);
    sprayer.undrain('a');
    await until(() => stateOf(sprayer, 'a') === 'healthy');
  });

  it('a server killed under load costs only the requests that it had: one a client at the most', async () => {
    const { sprayer, backends } = await start('a', 'b', 'c');
    for (const backend of backends) {
      backend.handle = (request, response) => {
        request.resume();
        setTimeout(() => response.end('late'), 15);
      };
    }
    const killing = async () => {
      await sleep(200);
      backends[0]?.kill();
      await sleep(400);
    };
    const clients = 8;
    const statuses = await load(sprayer, clients, killing());
    const failed = statuses.filter((status) => status !== 200);
    expect(failed.every((status) => status === 502)).toBe(true);
    expect(failed.length).toBeLessThanOrEqual(clients);
    expect(statuses.length - failed.length).toBeGreaterThan(2 * clients);
  });

  it('stops by letting what it holds finish', async () => {
    const { sprayer, backends } = await start('a');
    (backends[0] as Backend).handle = (_request, response) => setTimeout(() => response.end('in time'), 150);
    const held = ask(sprayer);
    await until(() => (backends[0] as Backend).served === 1);
    await sprayer.stop(2_000);
    expect((await held).body.toString()).toBe('in time');
    await expect(ask(sprayer, { agent: new Agent() })).rejects.toThrow('ECONNREFUSED');
  });

  it('a port that is taken is told', async () => {
    const { backends } = await start('a');
    const { port } = backends[0] as Backend;
    await expect(Sprayer.start({ port, targets: [] })).rejects.toMatchObject({
      code: 'cannot-listen',
      remedy: expect.stringContaining('another port') as string,
    });
  });

  it('what is not HTTP is refused and harms nobody', async () => {
    const { sprayer } = await start('a');
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(sprayer.port, '127.0.0.1', () => socket.end('EHLO sprayer\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await ask(sprayer)).status).toBe(200);
  });
});
