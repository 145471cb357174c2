/** Address lists: RFC 5322 section 3.4 with groups, comments, encoded words and what else mailers write. */
import { addressParser } from 'postal-mime';
import { cutText, oneLine } from './xml-text.ts';

/** Longer headers are cut before parsing: thousands of recipients would not fit into an element anyway. */
const HEADER_LIMIT = 128 * 1024;
/** Each may begin a group, of which the parser takes the square. */
const COLONS_LIMIT = 500;

export interface Mailbox {
  /** '' if there is none. */
  readonly name: string;
  /** '' where a malformed entry has only a name. */
  readonly address: string;
}

/** What nearly all mailers write for one person, in plain characters without encoded words: needs no parser. Takes the square of a length. */
const PLAIN = /^\s*(?:"([\w .,'-]*)"\s*|([A-Za-z][\w '-]*?)\s*)?<([\w.+-]+@[\w.-]+)>\s*$|^\s*([\w.+-]+@[\w.-]+)\s*$/;

const PLAIN_LIMIT = 512;

/** Of a raw header value; groups are flattened, duplicates kept. */
export function parseAddresses(value: string | undefined): readonly Mailbox[] {
  if (value === undefined || value.trim() === '') return [];
  const plain = value.length > PLAIN_LIMIT ? null : PLAIN.exec(value);
  if (plain) return [{ name: oneLine(plain[1] ?? plain[2] ?? ''), address: plain[3] ?? plain[4] ?? '' }];
  try {
    return addressParser(bounded(value), { flatten: true })
      .map((it) => ({ name: oneLine(it.name ?? ''), address: oneLine(it.address ?? '').replaceAll(' ', '') }))
      .filter((it) => it.name !== '' || it.address !== '');
  } catch {
    return [{ name: oneLine(value), address: '' }];
  }
}

function bounded(value: string): string {
  let end = -1;
  for (let colons = 0; colons < COLONS_LIMIT; colons++) {
    end = value.indexOf(':', end + 1);
    if (end < 0) return cutText(value, HEADER_LIMIT);
  }
  return cutText(value, Math.min(end, HEADER_LIMIT));
}

/** `"Name" <address>`, which devices take apart again. */
export function formatAddress({ name, address }: Mailbox): string {
  if (name === '' || name === address) return address;
  const quoted = `"${name.replace(/(["\\])/g, '\\$1')}"`;
  return address === '' ? quoted : `${quoted} <${address}>`;
}

/** As many whole addresses as fit; undefined if there are none. */
export function formatAddresses(list: readonly Mailbox[], separator: string, limit: number): string | undefined {
  let text = '';
  for (const it of list) {
    const formatted = formatAddress(it);
    if (text.length + separator.length + formatted.length > limit) break;
    text += text === '' ? formatted : separator + formatted;
  }
  return text === '' ? undefined : text;
}

/** `Name` where there is one, for lists that people read. */
export const displayName = (it: Mailbox): string => (it.name === '' ? it.address : it.name);
