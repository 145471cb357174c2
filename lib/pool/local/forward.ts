/** Takes one request to one server and its answer back, byte by byte, however long it is held. */
import { type IncomingMessage, type OutgoingHttpHeaders, request as openRequest, type ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Target } from './target.ts';

/** RFC 9110 section 7.6.1: of one connection, and not to be passed on. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * `refused`: no connection came about, nothing was sent, and another server may be asked. `failed`: it broke off before it
 * answered; what it did is not known. `done`: the answer was passed on, or its device has gone.
 */
export type Forwarded = 'done' | 'refused' | 'failed';

export function forward(request: IncomingMessage, response: ServerResponse, target: Target): Promise<Forwarded> {
  const { host, port } = target.address;
  return new Promise((resolve) => {
    let isConnected = false;
    target.active += 1;
    const end = (outcome: Forwarded) => {
      response.off('close', abandon);
      // Answered before it had all come: the rest is read and thrown away, or the answer would not get through.
      if (outcome === 'done') request.resume();
      resolve(outcome);
    };
    const upstream = openRequest({
      host,
      port,
      method: request.method ?? 'GET',
      path: request.url ?? '/',
      headers: headersFor(request),
      agent: target.agent,
    });
    const abandon = () => upstream.destroy();
    upstream.once('close', () => {
      target.active -= 1;
    });
    response.once('close', abandon);
    upstream.once('socket', (socket) => {
      const begin = () => {
        isConnected = true;
        request.pipe(upstream);
      };
      if (socket.connecting) socket.once('connect', begin);
      else begin();
    });
    upstream.once('response', (answer) => {
      if (response.destroyed) return;
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHops(answer));
      answer.pipe(response);
      answer.once('error', () => response.destroy());
      // The server broke off in the middle: the device must not take what it has for the whole.
      answer.once('close', () => {
        if (!answer.complete) response.destroy();
      });
      response.once('close', () => end('done'));
    });
    upstream.once('error', () => {
      request.unpipe(upstream);
      if (response.destroyed) end('done');
      else if (response.headersSent) response.destroy();
      else end(isConnected ? 'failed' : 'refused');
    });
  });
}

function headersFor(request: IncomingMessage): OutgoingHttpHeaders {
  const { socket } = request;
  const client = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const before = request.headers['x-forwarded-for'];
  return {
    ...withoutHops(request),
    host: request.headers.host,
    // A body of unknown length stays one, whatever the method.
    ...(request.headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
    'x-forwarded-for': before === undefined ? client : `${String(before)}, ${client}`,
    'x-forwarded-proto': socket instanceof TLSSocket ? 'https' : 'http',
    'x-forwarded-port': String(socket.localPort ?? ''),
  };
}

function withoutHops(message: IncomingMessage): OutgoingHttpHeaders {
  const named = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
  const headers: OutgoingHttpHeaders = {};
  for (const [name, values] of Object.entries(message.headersDistinct)) {
    if (!HOP_BY_HOP.has(name) && !named.has(name) && values) headers[name] = values.length === 1 ? values[0] : values;
  }
  return headers;
}
