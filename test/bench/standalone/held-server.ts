/** A bare node:http server that never answers: what holding a request costs at least. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const held: ServerResponse[] = [];
const server = createServer((request, response) => {
  request.resume();
  held.push(response);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
