/** Basic authentication (RFC 7617), as phones send it. */
import type { Credentials } from '../../backends/index.ts';

const LIMIT_CHARACTERS = 4096;

/** `Basic realm=…` for the 401 that many phones wait for before they send a password. */
export const CHALLENGE = 'Basic realm="Caravan", charset="UTF-8"';

/** The credentials in an Authorization header; undefined if it is absent, of another scheme, or unreadable. */
export function readBasic(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.length > LIMIT_CHARACTERS) return undefined;
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header);
  if (!match) return undefined;
  const decoded = decode(Buffer.from(match[1] as string, 'base64'));
  const colon = decoded.indexOf(':');
  if (colon < 1 || decoded.includes('\0')) return undefined;
  return { userName: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** UTF-8, as the challenge asks; older devices send Latin-1 all the same. */
function decode(raw: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw);
  } catch {
    return raw.toString('latin1');
  }
}
