/** An Answer as HTTP (MS-ASHTTP 2.2.2): what the owner makes of it, and how the door sends it. */
import type { ServerResponse } from 'node:http';
import { gzip } from 'node:zlib';
import { type Answer, answerStatusOf, WBXML_CONTENT_TYPE, writeWbxml } from '../../activesync/index.ts';
import type { Reply } from './road.ts';

/** Below this a compressed body is not worth its time. */
const GZIP_FROM_BYTES = 1024;
const GZIP_LEVEL = 4;
const NO_BYTES = new Uint8Array(0);

export function replyOf(answer: Answer): Reply {
  switch (answer.kind) {
    case 'empty':
      return { kind: 'reply', status: 200, headers: {}, body: NO_BYTES };
    case 'http':
      return { kind: 'reply', status: answer.status, headers: answer.headers ?? {}, body: NO_BYTES };
    case 'document': {
      const headers = { ...answer.headers, 'Content-Type': WBXML_CONTENT_TYPE };
      const protocolStatus = answerStatusOf(answer.document);
      return { kind: 'reply', status: 200, protocolStatus, headers, body: writeWbxml(answer.document) };
    }
    case 'bytes':
      return { kind: 'reply', status: 200, headers: { 'Content-Type': answer.contentType }, body: answer.bytes };
  }
}

/** Sends it, compressed where the device takes that. A device that is gone, or has its answer, is left alone. */
export function sendReply(response: ServerResponse, reply: Reply, acceptsGzip: boolean): void {
  if (response.destroyed || response.headersSent) return;
  const { status, headers, body } = reply;
  if (!acceptsGzip || body.length < GZIP_FROM_BYTES) {
    response.writeHead(status, { ...headers, 'Content-Length': body.length });
    response.end(body);
    return;
  }
  gzip(body, { level: GZIP_LEVEL }, (error, compressed) => {
    if (response.destroyed) return;
    if (error) {
      response.writeHead(status, { ...headers, 'Content-Length': body.length });
      response.end(body);
      return;
    }
    response.writeHead(status, { ...headers, 'Content-Encoding': 'gzip', 'Content-Length': compressed.length });
    response.end(compressed);
  });
}
