/** Email2:ConversationId and ConversationIndex (MS-ASEMAIL 2.2.2.21, 2.2.2.22): from Thread-Index, else from Message-IDs. */
import { hash } from 'node:crypto';
import type { FetchedMessage } from '../../backends/index.ts';
import { MessageHeader } from './message-header.ts';
import { baseSubject } from './subject.ts';

/** Thread-Index (MS-OXOMSG 2.2.1.3): a byte of 1, the upper five of a FILETIME, a GUID; then five bytes a reply. */
const TIME_BYTES = 5;
const ID_BYTES = 16;
const INDEX_HEAD_BYTES = 1 + TIME_BYTES + ID_BYTES;
const REPLY_BYTES = 5;
const REPLIES_LIMIT = 100;
/** With all its comments; a stranger wrote it. */
const DATE_LIMIT_CHARACTERS = 200;
/** Old programs left out the first byte of the FILETIME, which is 1 until the year 2057, and kept one more at its end. */
const FIRST_TIME_BYTE = 1;
/** Of a FILETIME, below those five bytes. */
const TAIL_BITS = 24n;
const TIME_MASK = (1n << 56n) - 1n;
const LAST_TIME = (1n << 64n) - 1n;

export interface Conversation {
  /** 16 bytes. */
  readonly id: Uint8Array;
  /** Five bytes when the conversation began, and five for each answer or forwarding since. */
  readonly index: Uint8Array;
}

export function conversationOf(header: MessageHeader, receivedAt: Date): Conversation {
  const thread = threadIndex(header.raw('thread-index'));
  if (thread) {
    return {
      id: thread.subarray(1 + TIME_BYTES, INDEX_HEAD_BYTES),
      index: Buffer.concat([thread.subarray(1, 1 + TIME_BYTES), thread.subarray(INDEX_HEAD_BYTES)]),
    };
  }
  return { id: hashedId(rootOf(header)), index: fileTimeHead(sentAt(header) ?? receivedAt) };
}

/** The conversation that a message belongs to, by its header alone. */
export function conversationIdOf(message: FetchedMessage): Uint8Array {
  return conversationOf(new MessageHeader(message.header), message.receivedAt).id;
}

/** Undefined for anything but a well-formed one. */
function threadIndex(value: string | undefined): Buffer | undefined {
  if (!value || !/^[A-Za-z0-9+/=\s]{30,1024}$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64');
  const replies = Math.min(REPLIES_LIMIT, Math.floor((bytes.length - INDEX_HEAD_BYTES) / REPLY_BYTES));
  return bytes.length < INDEX_HEAD_BYTES ? undefined : bytes.subarray(0, INDEX_HEAD_BYTES + replies * REPLY_BYTES);
}

/** What all messages of a conversation have in common: the first message's id, else their subject. */
function rootOf(header: MessageHeader): string {
  for (const name of ['references', 'in-reply-to', 'message-id']) {
    const id = /<[^<>\s]{1,998}>/.exec(header.raw(name) ?? '')?.[0];
    if (id) return id.toLowerCase();
  }
  return `subject:${baseSubject(header.text('subject') ?? '').toLowerCase()}`;
}

/** By way of hexadecimal digits: bytes would be given in memory of their own, which costs more than all the rest. */
const hashedId = (root: string): Uint8Array => Buffer.from(hash('sha256', root, 'hex').slice(0, 2 * ID_BYTES), 'hex');

export function sentAt(header: MessageHeader): Date | undefined {
  const date = header.raw('date')?.slice(0, DATE_LIMIT_CHARACTERS) ?? '';
  const time = Date.parse(date.includes('(') ? date.replace(/\([^)]*\)/g, ' ').trim() : date);
  return Number.isNaN(time) ? undefined : new Date(time);
}

function fileTimeHead(date: Date): Uint8Array {
  const bytes = Buffer.allocUnsafe(TIME_BYTES);
  bytes.writeUIntBE(Number(fileTime(date) >> TAIL_BITS), 0, TIME_BYTES);
  return bytes;
}

/** The moment in the head of a Thread-Index, as far as it is kept. */
function headTime(head: Buffer): bigint {
  const time = BigInt(head.readUIntBE(1, TIME_BYTES));
  return head[1] === FIRST_TIME_BYTE ? (time << 24n) & TIME_MASK : time << 16n;
}

/** 100 ns since 1601, within the 64 bits of a FILETIME: a Date field may name any year. */
export function fileTime(date: Date): bigint {
  const milliseconds = Number.isNaN(date.getTime()) ? 0 : date.getTime();
  const ticks = (BigInt(Math.trunc(milliseconds)) + 11_644_473_600_000n) * 10_000n;
  if (ticks < 0n) return 0n;
  return ticks > LAST_TIME ? LAST_TIME : ticks;
}

/** The Thread-Index of an answer to, or a forwarding of, the message with this header: one more reply block. */
export function answeringThreadIndex(header: MessageHeader, receivedAt: Date, now: Date): string {
  const known = threadIndex(header.raw('thread-index'));
  const begun = sentAt(header) ?? receivedAt;
  const head = known ?? Buffer.concat([Buffer.from([1]), fileTimeHead(begun), hashedId(rootOf(header))]);
  const since = (fileTime(now) & TIME_MASK) - headTime(head);
  const block = Buffer.alloc(REPLY_BYTES);
  // Under 1.7 years the difference is kept with fine steps, above with coarse ones: the first bit tells which.
  const isLong = since >= 1n << 49n;
  const ticks = Number((since < 0n ? 0n : since) >> (isLong ? 23n : 18n)) & 0x7fffffff;
  block.writeUInt32BE(((isLong ? 0x80000000 : 0) + ticks) >>> 0);
  return Buffer.concat([head, block]).toString('base64');
}
