/** How command arguments are written (RFC 3501 section 9, RFC 5161, RFC 7888). A Buffer is sent as a literal. */
export type CommandPart = string | Buffer;

const PLAIN = /^[\x20-\x7e]*$/;
const MAX_QUOTED = 1_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A string of any content: quoted when it is plain, else a literal in UTF-8. */
export function imapString(text: string): CommandPart {
  if (text.length <= MAX_QUOTED && PLAIN.test(text)) return `"${text.replace(/["\\]/g, '\\$&')}"`;
  return Buffer.from(text, 'utf8');
}

/** A mailbox name in modified UTF-7 (RFC 3501 section 5.1.3), quoted. */
export function mailboxName(name: string): CommandPart {
  return imapString(encodeMailboxName(name));
}

export function encodeMailboxName(name: string): string {
  return name.replace(/&|[^\x20-\x7e]+/g, (run) => {
    if (run === '&') return '&-';
    const utf16 = Buffer.from(run, 'utf16le').swap16();
    return `&${utf16.toString('base64').replace(/=+$/, '').replace(/\//g, ',')}-`;
  });
}

export function decodeMailboxName(name: string): string {
  return name.replace(/&([A-Za-z0-9+,]*)-/g, (_, encoded: string) => {
    if (encoded === '') return '&';
    const utf16 = Buffer.from(encoded.replace(/,/g, '/'), 'base64');
    return utf16
      .subarray(0, utf16.length & ~1)
      .swap16()
      .toString('utf16le');
  });
}

/** `"01-Feb-2026 03:04:05 +0000"` */
export function imapDateTime(date: Date): string {
  const time = date.toISOString().slice(11, 19);
  return `"${imapDate(date).padStart(11, '0')} ${time} +0000"`;
}

/** `1-Feb-2026`, in UTC. */
export function imapDate(date: Date): string {
  return `${date.getUTCDate()}-${MONTHS[date.getUTCMonth()]}-${date.getUTCFullYear()}`;
}

/** Flags that IMAP can spell: system flags and atoms. Others are left out. */
export function spellableFlags(flags: readonly string[]): string[] {
  return flags.filter((flag) => /^\\?[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]+$/.test(flag) && flag !== '\\Recent');
}
