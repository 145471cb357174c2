/** Reads a request's body whole, within a bound. */
import type { IncomingMessage } from 'node:http';
import { ServerError } from '../errors.ts';

/** Throws ServerError('body-too-large') as soon as the bound is passed, ServerError('hung-up') if the device goes away. */
export function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new ServerError('body-too-large', 'The request body is too large', { why: `the limit is ${limitBytes} bytes` });
  // Of one that went away before, while its password was asked about say, nothing is heard any more, not even that.
  if (request.destroyed && !request.readableEnded) return Promise.reject(hungUpEarly());
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limitBytes) return Promise.reject(tooLarge());
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limitBytes) return chunks.push(chunk);
      request.removeAllListeners('data');
      request.resume();
      return reject(tooLarge());
    };
    const onEnd = () => {
      // A request that waits is held with all that listens to it.
      request.off('data', onData).off('end', onEnd).off('error', onError).off('close', onError).on('error', ignore);
      resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    };
    const onError = (cause?: Error) => reject(hungUpEarly(cause));
    request.on('data', onData).on('end', onEnd).on('error', onError).on('close', onError);
  });
}

const hungUpEarly = (cause?: Error): ServerError =>
  new ServerError('hung-up', 'The device hung up before its request had all come', { cause });

/** One for all, so that none is held a request. */
const ignore = () => undefined;
