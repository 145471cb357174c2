/** A server that answers from a script, and tells what it was asked: for tests of the client without a server. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import {
  type CommandName,
  type Element,
  optionsHeaders,
  parseRequestLine,
  readWbxml,
  type RequestLine,
  WBXML_CONTENT_TYPE,
  writeWbxml,
} from '../../../lib/activesync/protocol/index.ts';

export interface Asked {
  readonly line: RequestLine;
  readonly headers: IncomingMessage['headers'];
  readonly url: string;
  readonly body: Buffer;
  readonly document: Element | undefined;
}

/**
 * A document alone is a 200; undefined a 200 without a body; 'lost' closes the connection after the request was read,
 * 'silent' never answers.
 */
export type Scripted =
  | Element
  | 'lost'
  | 'silent'
  | undefined
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly document?: Element;
      readonly bytes?: Uint8Array;
      readonly gzip?: boolean;
    };

export interface ScriptedServer {
  readonly url: string;
  /** Every POST, in order. */
  readonly asked: readonly Asked[];
  readonly commands: () => readonly CommandName[];
  close(): Promise<void>;
}

/** One answer a request, in order; OPTIONS is answered beside the script. */
export async function scriptedServer(
  script: readonly (Scripted | ((asked: Asked) => Scripted))[],
  versions?: string,
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const answerOne = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.method === 'OPTIONS') {
      const headers = optionsHeaders();
      response.writeHead(200, versions === undefined ? headers : { ...headers, 'MS-ASProtocolVersions': versions });
      response.end();
      return;
    }
    const body = Buffer.concat(chunks);
    const url = request.url ?? '';
    const isWbxml = request.headers['content-type'] === WBXML_CONTENT_TYPE && body.length > 0;
    const one: Asked = {
      line: parseRequestLine(url.slice(url.indexOf('?') + 1), request.headers),
      headers: request.headers,
      url,
      body,
      document: isWbxml ? readWbxml(body) : undefined,
    };
    asked.push(one);
    const entry = script[asked.length - 1];
    if (asked.length > script.length) return void response.writeHead(599, 'beyond the script').end();
    const scripted = typeof entry === 'function' ? entry(one) : entry;
    if (scripted === 'silent') return;
    if (scripted === 'lost') return void request.socket.destroy();
    const answer = scripted === undefined ? {} : 'tag' in scripted ? { document: scripted } : scripted;
    const plain = answer.bytes ?? (answer.document ? writeWbxml(answer.document) : undefined);
    const bytes = plain && answer.gzip ? gzipSync(plain) : plain;
    response.writeHead(answer.status ?? 200, {
      ...(bytes && { 'Content-Type': WBXML_CONTENT_TYPE }),
      ...(answer.gzip && { 'Content-Encoding': 'gzip' }),
      'Content-Length': String(bytes?.length ?? 0),
      ...answer.headers,
    });
    response.end(bytes);
  };
  const server = createServer((request, response) => void answerOne(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    commands: () => asked.map(({ line }) => line.command),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
