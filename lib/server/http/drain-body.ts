/**
 * What becomes of a body that was answered before it had all come (401, 413, 503): the rest is read and thrown away, since a
 * reset would cost the device the answer (RFC 9112 section 9.6); but only so much of it, and not for ever.
 */
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../platform/index.ts';

const LIMIT_BYTES = 8 * 1024 * 1024;
const LIMIT_MS = 10_000;

/** To be called when the answer has been sent. */
export function drainBody(request: IncomingMessage, clock: Clock): void {
  if (request.complete) return;
  const { socket } = request;
  let sizeBytes = 0;
  const timer = clock.after(LIMIT_MS, () => socket.destroy());
  request.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes > LIMIT_BYTES) socket.destroy();
  });
  request.once('close', () => timer.cancel());
  request.on('error', () => undefined);
}
