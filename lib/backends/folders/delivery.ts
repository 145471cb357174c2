/** Delivery into a user's inbox: written to `tmp`, on the disk, then renamed into `new`. Takes no lock. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, randomName } from '../../platform/index.ts';
import { newBase } from './file-names.ts';
import { syncDirectory, writeDurably } from './files.ts';
import { withCrlf } from './line-breaks.ts';

/** Where a message came from, for its Received field (RFC 5321 section 4.4). */
export interface Trace {
  /** The envelope's sender; empty for notices. */
  readonly from: string;
  /** The one recipient that this copy is for. */
  readonly to: string;
  /** The name the sending program gave itself, and its address. */
  readonly peer?: string;
  /** How it came: `ESMTP`, `local`. */
  readonly protocol: string;
}

/** Puts a copy into the inbox that lies in `directory`, with Return-Path and Received above it. */
export async function deliver(
  directory: string,
  message: Uint8Array,
  trace: Trace,
  clock: Clock,
  random: Random,
): Promise<void> {
  const receivedAt = new Date(clock.now());
  const content = withCrlf(Buffer.concat([Buffer.from(traceFields(trace, receivedAt, random)), message]));
  const base = newBase({ receivedAt, sizeBytes: content.length }, random);
  const temporary = join(directory, 'tmp', base);
  try {
    await writeDurably(temporary, content);
    await rename(temporary, join(directory, 'new', base));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncDirectory(join(directory, 'new'));
}

function traceFields(trace: Trace, receivedAt: Date, random: Random): string {
  const from = trace.peer ? `from ${clean(trace.peer)}\r\n\t` : '';
  return (
    `Return-Path: <${clean(trace.from)}>\r\n` +
    `Received: ${from}by localhost (Caravan) with ${trace.protocol} id ${randomName(random)}\r\n` +
    `\tfor <${clean(trace.to)}>; ${mailDate(receivedAt)}\r\n`
  );
}

/** RFC 5322 section 3.3. */
export function mailDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** No line break or bracket of a stranger's gets into a header. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex -- exactly those are removed
  return text.replaceAll(/[\u0000-\u001f\u007f<>]/g, '').slice(0, 500);
}
