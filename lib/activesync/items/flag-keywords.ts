/**
 * A follow-up flag's details as IMAP keywords. `\Flagged` alone says that there is a flag; what IMAP cannot say (dates,
 * completion, reminder) is kept beside it on the message itself, so that it survives a change of servers, of stores and of
 * devices. Keywords are few, short (Dovecot ends at 50 characters), without regard to case, and begin with `$CvFlag-`:
 *
 *     $CvFlag-D.<start>.<due>.<utcStart>.<utcDue>    $CvFlag-C.<dateCompleted>.<completeTime>
 *     $CvFlag-R.<0|1>.<reminderTime>                 $CvFlag-O.<ordinalDate>
 *     $CvFlag-T<n>.<type>                            $CvFlag-S<n>.<subOrdinalDate>
 *
 * Times are milliseconds since 1970 in base 36, texts UTF-8 in base 32, n-th piece. A flag that is set or taken away elsewhere
 * wins over them: without `\Flagged` only C counts, with it C does not. The flag's subject is not kept: it is the message's.
 */
import type { MessageFlags } from '../../backends/index.ts';
import { cutToBytes } from './truncation.ts';
import { xmlText } from './xml-text.ts';

const PREFIX = '$CvFlag-';
const PIECE_BYTES = 24;
const PIECES_LIMIT = 4;
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';
/** Nine digits, up to the year 5188: four times fit into one keyword. Nothing is due earlier or later. */
const TIME_LIMIT_MS = 36 ** 9 - 1;

export interface FlagDetails {
  readonly startDate?: Date;
  readonly dueDate?: Date;
  readonly utcStartDate?: Date;
  readonly utcDueDate?: Date;
  readonly dateCompleted?: Date;
  readonly completeTime?: Date;
  readonly reminderSet?: boolean;
  readonly reminderTime?: Date;
  readonly ordinalDate?: Date;
  readonly type?: string;
  readonly subOrdinalDate?: string;
}

export const isFlagKeyword = (keyword: string): boolean =>
  keyword.startsWith('$') && keyword.toLowerCase().startsWith(PREFIX.toLowerCase());

export function flagKeywords(details: FlagDetails): string[] {
  const { startDate, dueDate, utcStartDate, utcDueDate, dateCompleted, completeTime } = details;
  return [
    ...times('D', startDate, dueDate, utcStartDate, utcDueDate),
    ...times('C', dateCompleted, completeTime),
    ...(details.reminderSet === undefined && !details.reminderTime
      ? []
      : [`${PREFIX}R.${details.reminderSet ? 1 : 0}.${time(details.reminderTime)}`]),
    ...times('O', details.ordinalDate),
    ...texts('T', details.type),
    ...texts('S', details.subOrdinalDate),
  ];
}

export function readFlagKeywords(flags: MessageFlags): FlagDetails {
  // As nearly all messages are.
  if (!flags.some(isFlagKeyword)) return {};
  const fields = new Map<string, readonly string[]>();
  for (const it of flags) {
    if (!isFlagKeyword(it)) continue;
    const [name = '', ...values] = it.slice(PREFIX.length).toLowerCase().split('.');
    fields.set(name, values);
  }
  const at = (name: string, index: number) => readTime(fields.get(name)?.[index]);
  const reminder = fields.get('r');
  return withoutUndefined({
    startDate: at('d', 0),
    dueDate: at('d', 1),
    utcStartDate: at('d', 2),
    utcDueDate: at('d', 3),
    dateCompleted: at('c', 0),
    completeTime: at('c', 1),
    reminderSet: reminder && reminder[0] === '1',
    reminderTime: at('r', 1),
    ordinalDate: at('o', 0),
    type: readText(fields, 't'),
    subOrdinalDate: readText(fields, 's'),
  });
}

const withoutUndefined = (details: { [K in keyof FlagDetails]: FlagDetails[K] | undefined }): FlagDetails =>
  Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));

const time = (date: Date | undefined): string =>
  date ? Math.min(TIME_LIMIT_MS, Math.max(0, date.getTime())).toString(36) : '';

const times = (name: string, ...dates: readonly (Date | undefined)[]): string[] =>
  dates.some((it) => it) ? [`${PREFIX}${name}.${dates.map(time).join('.')}`] : [];

function readTime(value: string | undefined): Date | undefined {
  return value && /^[0-9a-z]{1,9}$/.test(value) ? new Date(Number.parseInt(value, 36)) : undefined;
}

function texts(name: string, value: string | undefined): string[] {
  if (!value) return [];
  const bytes = Buffer.from(cutToBytes(xmlText(value), PIECE_BYTES * PIECES_LIMIT).text);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    pieces.push(`${PREFIX}${name}${pieces.length}.${toBase32(bytes.subarray(at, at + PIECE_BYTES))}`);
  }
  return pieces;
}

function readText(fields: ReadonlyMap<string, readonly string[]>, name: string): string | undefined {
  const pieces: Uint8Array[] = [];
  for (let index = 0; index < PIECES_LIMIT; index++) {
    const piece = fields.get(`${name}${index}`)?.[0];
    if (piece === undefined) break;
    pieces.push(fromBase32(piece));
  }
  return pieces.length === 0 ? undefined : xmlText(Buffer.concat(pieces).toString('utf8'));
}

function toBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32[(held >> bits) & 31];
    }
  }
  return bits > 0 ? text + BASE32[(held << (5 - bits)) & 31] : text;
}

function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const it of text) {
    const value = BASE32.indexOf(it);
    if (value < 0) break;
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 0xff);
  }
  return Uint8Array.from(bytes);
}
