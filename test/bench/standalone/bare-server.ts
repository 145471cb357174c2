/**
 * A bare node:http server in a process of its own: what HTTP itself costs. `echo` answers 200 with nothing once the body is
 * there; `hold` never answers.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LISTEN_BACKLOG } from '../../../lib/platform/index.ts';

const mode = process.argv[2];
const held: ServerResponse[] = [];
const server = createServer((request, response) => {
  if (mode === 'hold') {
    request.resume();
    held.push(response);
  } else request.resume().on('end', () => response.writeHead(200, { 'Content-Length': 0 }).end());
});
server.listen({ port: 0, host: '127.0.0.1', backlog: LISTEN_BACKLOG }, () =>
  process.send?.((server.address() as AddressInfo).port),
);
