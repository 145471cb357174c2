import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { generate } from 'selfsigned';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpTransport, type HttpTransportOptions } from '../../../lib/activesync/client/index.ts';

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function transportOf(options?: HttpTransportOptions) {
  const transport = httpTransport(options);
  onTestFinished(() => transport.close());
  return transport;
}

const post = (url: string, timeoutMs = 10_000, signal?: AbortSignal) =>
  ({ method: 'POST', url, headers: {}, body: Buffer.from('body'), timeoutMs, signal }) as const;

it('takes a generated certificate where it is told to, and only there', async () => {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }]);
  const url = `https://127.0.0.1:${await listening(createHttpsServer({ key, cert }, (_, response) => void response.end('yes')))}/`;
  await expect(transportOf().request(post(url))).rejects.toThrow(/certificate/);
  const { body } = await transportOf({ insecureTls: true }).request(post(url));
  expect(Buffer.from(body).toString()).toBe('yes');
});

it('keeps its connection', async () => {
  let connections = 0;
  const server = createHttpServer((request, response) => {
    request.resume();
    response.end();
  });
  server.on('connection', () => connections++);
  const url = `http://127.0.0.1:${await listening(server)}/`;
  const transport = transportOf();
  for (let count = 0; count < 5; count++) await transport.request(post(url));
  expect(connections).toBe(1);
});

describe('an answer that does not come', () => {
  const silent = () => createHttpServer((request) => void request.resume());

  it('ends with the deadline', async () => {
    const url = `http://127.0.0.1:${await listening(silent())}/`;
    await expect(transportOf().request(post(url, 50))).rejects.toThrow('no answer within 50 ms');
  });

  it('ends with the signal, for its reason', async () => {
    const url = `http://127.0.0.1:${await listening(silent())}/`;
    const controller = new AbortController();
    const pending = transportOf().request(post(url, 10_000, controller.signal));
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(pending).rejects.toThrow('enough');
  });

  it('ends when the answer breaks off in the middle', async () => {
    const server = createHttpServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('half', () => response.destroy());
    });
    await expect(transportOf().request(post(`http://127.0.0.1:${await listening(server)}/`))).rejects.toThrow();
  });
});
