/** An Answer as HTTP: the headers of MS-ASHTTP 2.2.2.1 and the body, compressed where the device takes it. */
import type { ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { type Answer, writeWbxml } from '../../activesync/index.ts';

const WBXML = 'application/vnd.ms-sync.wbxml';
/** Below this a compressed body is not worth its time. */
const GZIP_FROM_BYTES = 1024;
const GZIP_LEVEL = 4;

/** Sends the answer; tells the number of bytes of its body before compression. */
export function reply(response: ServerResponse, answer: Answer, acceptsGzip: boolean): number {
  if (response.destroyed || response.headersSent) return 0;
  switch (answer.kind) {
    case 'empty':
      response.setHeader('Content-Length', 0);
      response.end();
      return 0;
    case 'http':
      response.writeHead(answer.status, { ...answer.headers, 'Content-Length': 0 });
      response.end();
      return 0;
    case 'document':
      return send(response, WBXML, writeWbxml(answer.document), acceptsGzip);
    case 'bytes':
      return send(response, answer.contentType, answer.bytes, acceptsGzip);
  }
}

function send(response: ServerResponse, contentType: string, body: Uint8Array, acceptsGzip: boolean): number {
  response.setHeader('Content-Type', contentType);
  if (!acceptsGzip || body.length < GZIP_FROM_BYTES) {
    response.setHeader('Content-Length', body.length);
    response.end(body);
    return body.length;
  }
  gzip(body, { level: GZIP_LEVEL }, (error, compressed) => {
    if (response.destroyed) return;
    if (!error) response.setHeader('Content-Encoding', 'gzip');
    const bytes = error ? body : compressed;
    response.setHeader('Content-Length', bytes.length);
    response.end(bytes);
  });
  return body.length;
}
