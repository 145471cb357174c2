/** Basic authentication (RFC 7617), as phones send it. */
import { isUtf8 } from 'node:buffer';
import type { Credentials } from '../../backends/index.ts';

const LIMIT_CHARACTERS = 4096;
/** An address has no more (RFC 5321 section 4.5.3.1); names are kept, to count who guesses. */
const USER_NAME_LIMIT_CHARACTERS = 320;
// oxlint-disable-next-line no-control-regex -- RFC 7617 section 2: neither part has any
const CONTROL = /[\0-\x1f\x7f]/;

/** `Basic realm=…` for the 401 that many phones wait for before they send a password. */
export const CHALLENGE = 'Basic realm="Caravan", charset="UTF-8"';

/** The credentials in an Authorization header; undefined if it is absent, of another scheme, or unreadable. */
export function readBasic(header: string | undefined): Credentials | undefined {
  if (header === undefined || header.length > LIMIT_CHARACTERS) return undefined;
  const match = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header);
  if (!match) return undefined;
  const decoded = decode(Buffer.from(match[1] as string, 'base64'));
  const colon = decoded.indexOf(':');
  if (colon < 1 || colon > USER_NAME_LIMIT_CHARACTERS || CONTROL.test(decoded)) return undefined;
  return { userName: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** UTF-8, as the challenge asks; older devices send Latin-1 all the same. */
const decode = (raw: Buffer): string => raw.toString(isUtf8(raw) ? 'utf8' : 'latin1');
