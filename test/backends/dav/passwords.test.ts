// A user's passwords change while the collections are open: each request bears the one with which the mailbox is opened now.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { openDavResources } from '../../../lib/backends/dav/index.ts';
import { silentLog, systemClock, systemRandom } from '../../../lib/platform/index.ts';

it('what is open signs in with the password of now', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    const pair = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    if (seen.at(-1) !== pair) seen.push(pair);
    response.writeHead(401).end();
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const signIn = { userName: 'ada', password: 'old' };
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const platform = { clock: systemClock, random: systemRandom, log: silentLog };
  const resources = openDavResources({ url }, platform, { user: 'ada', addresses: ['ada@example.org'] }, signIn);
  try {
    await expect(resources.collections()).rejects.toThrow();
    signIn.password = 'new';
    await expect(resources.collections()).rejects.toThrow();
    expect(seen).toEqual(['ada:old', 'ada:new']);
  } finally {
    await resources.close();
    server.close();
  }
});
