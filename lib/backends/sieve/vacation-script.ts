/**
 * Out-of-office replies as a Sieve script (RFC 5230 vacation), and back. The settings stand in the script's first lines as
 * they were made, so that nothing is lost that Sieve cannot say. The user's own script goes on: ours includes it (RFC 6609).
 */
import type { AutoReply, AutoReplyMessage } from '../backend.ts';

export interface VacationScript {
  readonly reply: AutoReply;
  /** The user's script that was active before; '' for none. */
  readonly included: string;
}

export interface VacationOwner {
  readonly addresses: readonly string[];
  /** Whoever writes from here is internal. */
  readonly domain: string;
}

export const NEEDED_EXTENSIONS = ['vacation', 'date', 'relational'] as const;
const MARK = '# caravan-auto-reply: ';
/** A comment's line has its bounds in some servers. */
const LINE_CHARACTERS = 200;

export function writeVacationScript(script: VacationScript, owner: VacationOwner): string {
  const { reply, included } = script;
  const settings = Buffer.from(JSON.stringify(script)).toString('base64');
  const marks = settings.match(new RegExp(`.{1,${LINE_CHARACTERS}}`, 'g')) ?? [];
  const actions = reply.state === 'off' ? [] : replies(reply, owner);
  return [
    ...marks.map((it) => `${MARK}${it}`),
    `require [${[...(actions.length > 0 ? NEEDED_EXTENSIONS : []), ...(included === '' ? [] : ['include'])].map(quoted).join(', ')}];`,
    ...actions,
    ...(included === '' ? [] : [`include :personal ${quoted(included)};`]),
    '',
  ]
    .filter((it) => it !== 'require [];')
    .join('\r\n');
}

/** Undefined for a script that is not ours. */
export function readVacationScript(text: string): VacationScript | undefined {
  const settings = text
    .split(/\r?\n/)
    .filter((line) => line.startsWith(MARK))
    .map((line) => line.slice(MARK.length))
    .join('');
  if (settings === '') return undefined;
  try {
    return JSON.parse(Buffer.from(settings, 'base64').toString('utf8')) as VacationScript;
  } catch {
    return undefined;
  }
}

function replies(reply: AutoReply, owner: VacationOwner): string[] {
  const { internal, external } = reply;
  const isInternal = `address :domain :is "from" ${quoted(owner.domain)}`;
  const say = (message: AutoReplyMessage | undefined) => (message?.isEnabled ? vacation(message, owner) : '');
  const answer = `if ${isInternal} {\r\n  ${say(internal)}\r\n} else {\r\n  ${say(external)}\r\n}`;
  if (reply.state === 'on') return [answer];
  const { startMs = 0, endMs = 0 } = reply;
  const within = [
    `currentdate :zone "+0000" :value "ge" "iso8601" ${quoted(iso(startMs))}`,
    `currentdate :zone "+0000" :value "lt" "iso8601" ${quoted(iso(endMs))}`,
  ];
  return [`if allof(${within.join(', ')}) {\r\n${answer}\r\n}`];
}

/** One reply a week to the same person, which is what RFC 5230 has by default. */
function vacation({ text, isHtml }: AutoReplyMessage, { addresses }: VacationOwner): string {
  const options = [':days 7', ...(addresses.length > 0 ? [`:addresses [${addresses.map(quoted).join(', ')}]`] : [])];
  if (!isHtml) return `vacation ${options.join(' ')} ${quoted(text)};`;
  const mime = `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64Lines(text)}`;
  return `vacation ${options.join(' ')} :mime ${quoted(mime)};`;
}

const base64Lines = (text: string): string =>
  (
    Buffer.from(text, 'utf8')
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  ).join('\r\n');

/** As RFC 5260 has it: `2026-11-26T10:00:00+00:00`. */
const iso = (epochMs: number): string => `${new Date(epochMs).toISOString().slice(0, 19)}+00:00`;

const quoted = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&').replace(/\r?\n/g, '\r\n')}"`;
