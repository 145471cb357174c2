/** Whether a raw message has what somebody looks for, in its decoded header and text. */
import type { SearchQuery } from '../backend.ts';
import { decodeCharset, decodeHeaderText, headerFields } from '../mime-header.ts';
import type { Part } from '../message.ts';
import { type ParsedMessage, parseMessage } from '../mime-structure.ts';

/** Of each text part; what stands further down is not searched. */
const TEXT_LIMIT_BYTES = 1024 * 1024;
const TEXT_PARTS_LIMIT = 50;
/** Fields that people mean when they search for words. */
const SEARCHED_FIELDS = new Set(['subject', 'from', 'to', 'cc', 'bcc', 'reply-to', 'sender', 'comments', 'keywords']);

/** True if a query can be answered from flags and dates alone. */
export function needsContent(query: SearchQuery): boolean {
  return [query.text, query.subject, query.from, query.to].some((value) => value !== undefined && value.trim() !== '');
}

export function matchesContent(raw: Buffer, query: SearchQuery): boolean {
  const message = parseMessage(raw);
  const fields = headerFields(message.header).map(([name, value]) => [name, fold(decodeHeaderText(value))] as const);
  const has = (name: string, wanted: string | undefined) =>
    wanted === undefined || fields.some((field) => field[0] === name && field[1].includes(fold(wanted.trim())));
  if (!has('subject', query.subject) || !has('from', query.from) || !has('to', query.to)) return false;
  let words = fold(query.text ?? '')
    .split(/\s+/)
    .filter(Boolean);
  for (const [name, value] of fields)
    if (SEARCHED_FIELDS.has(name)) words = words.filter((word) => !value.includes(word));
  if (words.length === 0) return true;
  for (const part of textParts(message.structure)) {
    const text = fold(textOf(raw, message, part));
    words = words.filter((word) => !text.includes(word));
    if (words.length === 0) return true;
  }
  return false;
}

/** Case and the way of composing accents make no difference. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function textParts(root: Part): readonly Part[] {
  const found: Part[] = [];
  const visit = (part: Part) => {
    if (found.length >= TEXT_PARTS_LIMIT) return;
    if (part.type.startsWith('text/') && part.disposition !== 'attachment') found.push(part);
    for (const child of part.parts) visit(child);
  };
  visit(root);
  return found;
}

function textOf(raw: Buffer, message: ParsedMessage, part: Part): string {
  const range = message.slice(part.path);
  if (!range) return '';
  const bytes = raw.subarray(range.start, Math.min(range.end, range.start + TEXT_LIMIT_BYTES));
  const text = decodeCharset(decodeTransfer(bytes, part.encoding), part.parameters['charset'] ?? 'utf-8');
  return part.type === 'text/html' ? withoutTags(text) : text;
}

function decodeTransfer(bytes: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(bytes.toString('latin1'), 'base64');
  if (encoding !== 'quoted-printable') return bytes;
  const text = bytes.toString('latin1').replace(/[ \t]{0,100}=\r?\n/g, '');
  const hex = (_: string, digits: string) => String.fromCharCode(Number.parseInt(digits, 16));
  return Buffer.from(text.replace(/=([0-9a-f]{2})/gi, hex), 'latin1');
}

/** Good enough to find words: tags become spaces, the common entities characters. */
function withoutTags(html: string): string {
  const text = html.replace(/<(style|script)\b[^>]{0,1000}>[^<]*/gi, ' ').replace(/<[^<>]*>/g, ' ');
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    const code = decimal ? Number(decimal) : hex ? Number.parseInt(String(hex), 16) : undefined;
    if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    return named[String(name).toLowerCase()] ?? whole;
  });
}
