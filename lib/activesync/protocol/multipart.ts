/**
 * The multipart form of ItemOperations answers (MS-ASCMD 2.2.1.10.1.1): a count, then offset and length of each part, then
 * the parts, all numbers as 4 bytes little-endian. The first part is the document; Part elements name the others by index.
 */
import { RequestError } from './errors.ts';

const NUMBER_BYTES = 4;
const METADATA_BYTES = 2 * NUMBER_BYTES;

/** The whole body, as pieces to be sent in this order. The parts are not copied. */
export function writeMultipart(parts: readonly Uint8Array[]): readonly Uint8Array[] {
  const head = Buffer.alloc(NUMBER_BYTES + parts.length * METADATA_BYTES);
  let at = head.writeUInt32LE(parts.length, 0);
  let offset = head.length;
  for (const part of parts) {
    at = head.writeUInt32LE(offset, at);
    at = head.writeUInt32LE(part.length, at);
    offset += part.length;
  }
  return [head, ...parts];
}

/** The parts, as views of `body`. Throws RequestError where a number leads out of the body. */
export function readMultipart(body: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const count = bytes.length < NUMBER_BYTES ? undefined : bytes.readUInt32LE(0);
  if (count === undefined || NUMBER_BYTES + count * METADATA_BYTES > bytes.length) {
    throw new RequestError(400, 'The multipart body is malformed', 'its table of parts is longer than the body');
  }
  return Array.from({ length: count }, (_, index) => {
    const at = NUMBER_BYTES + index * METADATA_BYTES;
    const offset = bytes.readUInt32LE(at);
    const length = bytes.readUInt32LE(at + NUMBER_BYTES);
    if (offset + length > bytes.length) {
      throw new RequestError(400, 'The multipart body is malformed', `part ${index} ends after the body`);
    }
    return body.subarray(offset, offset + length);
  });
}
