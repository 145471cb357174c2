/** A name server on loopback that knows SRV and TXT records of a test's own, and nothing else (RFC 1035, 2782). */
import { createSocket } from 'node:dgram';

const TXT = 16;
const SRV = 33;
const HEADER_BYTES = 12;
/** An answer (QR) of who knows (AA), to who asks for recursion (RD). */
const ANSWERS = 0x8580;
const NO_SUCH_NAME = 3;
const TTL_SECONDS = 60;

export interface DnsRecords {
  readonly srv?: { readonly port: number; readonly name: string };
  readonly txt?: string;
}

export interface DnsServer {
  /** As `dns.setServers` takes it. */
  readonly address: string;
  stop(): Promise<void>;
}

export async function startDnsServer(zone: Readonly<Record<string, DnsRecords>>): Promise<DnsServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => socket.send(answerTo(query, zone), port, address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answerTo(query: Buffer, zone: Readonly<Record<string, DnsRecords>>): Buffer {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(HEADER_BYTES, at + 5);
  const records = zone[labels.join('.').toLowerCase()];
  const data = records && dataOf(records, type);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(records ? ANSWERS : ANSWERS | NO_SUCH_NAME, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(data ? 1 : 0, 6);
  if (!data) return Buffer.concat([header, question]);
  // Of the name in the question, of its type, in the internet.
  const head = Buffer.from([0xc0, HEADER_BYTES, 0, type, 0, 1, 0, 0, 0, TTL_SECONDS, 0, data.length]);
  return Buffer.concat([header, question, head, data]);
}

function dataOf({ srv, txt }: DnsRecords, type: number): Buffer | undefined {
  if (type === TXT && txt !== undefined) return characters(txt);
  if (type !== SRV || !srv) return undefined;
  const target = [...srv.name.split('.').map(characters), Buffer.of(0)];
  return Buffer.concat([Buffer.from([0, 0, 0, 1, srv.port >> 8, srv.port & 0xff]), ...target]);
}

const characters = (text: string): Buffer => Buffer.concat([Buffer.of(text.length), Buffer.from(text, 'latin1')]);
