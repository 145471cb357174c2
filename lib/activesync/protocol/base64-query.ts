/** The base64 query: the request line as bytes, in place of names and headers (MS-ASHTTP 2.2.1.1.1.1). */
import { RequestError } from './errors.ts';
import { percentDecode } from './plain-query.ts';
import { COMMANDS, type RequestLine, type RequestParameters } from './request.ts';
import type { RawRequestLine } from './request-line.ts';

const SAVE_IN_SENT = 0x01;
const ACCEPT_MULTI_PART = 0x02;
const OPTIONS_TAG = 7;
const USER_TAG = 8;
const NAME_BY_TAG: Readonly<Record<number, keyof RequestParameters>> = {
  0: 'attachmentName',
  1: 'collectionId',
  3: 'itemId',
  4: 'longId',
  6: 'occurrence',
};
const POLICY_KEY_BYTES = 4;
const DEFAULT_LOCALE = 0x0409;
const MAX_VALUE_BYTES = 255;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const TEXT_ID = /^[A-Za-z0-9._{}-]+$/;

/** A query without names: base64, perhaps escaped. */
export const isBase64Query = (query: string): boolean => !/(?:^|&)cmd=/i.test(query) && BASE64.test(unescape(query));

/** Throws RequestError (400) where a length leads out of the bytes or is one that its field cannot have. */
export function readBase64Query(query: string): RawRequestLine {
  const fields = new Fields(Buffer.from(unescape(query), 'base64'));
  const version = fields.byte();
  const command = fields.byte();
  const locale = fields.uint16();
  const deviceId = fields.value();
  const policyKey = fields.value();
  if (policyKey.length !== 0 && policyKey.length !== POLICY_KEY_BYTES)
    throw malformed('the policy key has not 4 bytes');
  const deviceType = fields.value().toString('utf8');
  return {
    command,
    version: `${Math.trunc(version / 10)}.${version % 10}`,
    deviceId: deviceIdText(deviceId),
    deviceType,
    policyKey: policyKey.length === 0 ? undefined : String(policyKey.readUInt32LE(0)),
    locale: locale === 0 ? undefined : String(locale),
    ...readParameters(fields),
  };
}

function readParameters(fields: Fields): { user: string | undefined; parameters: RequestParameters } {
  const texts: Record<string, string> = {};
  let user: string | undefined;
  let options = 0;
  while (!fields.atEnd()) {
    const tag = fields.byte();
    const value = fields.value();
    const name = NAME_BY_TAG[tag];
    if (name !== undefined) texts[name] ??= value.toString('utf8');
    else if (tag === USER_TAG) user ??= value.toString('utf8');
    else if (tag === OPTIONS_TAG) options |= value[0] ?? 0;
  }
  const saveInSent = (options & SAVE_IN_SENT) !== 0;
  return { user, parameters: { ...texts, saveInSent, acceptMultiPart: (options & ACCEPT_MULTI_PART) !== 0 } };
}

/** The bytes of a request line, in base64. Values longer than 255 bytes throw RequestError. */
export function writeBase64Query(line: RequestLine): string {
  const { command, version, deviceId, deviceType, policyKey, locale, parameters, user } = line;
  const pieces = [
    Buffer.from([Number(version.replace('.', '')), COMMANDS.indexOf(command)]),
    uint16(/^\d+$/.test(locale ?? '') ? Number(locale) : DEFAULT_LOCALE),
    sized(Buffer.from(deviceId)),
    sized(policyKey === undefined ? Buffer.alloc(0) : uint32(Number(policyKey))),
    sized(Buffer.from(deviceType)),
  ];
  for (const [tag, name] of Object.entries(NAME_BY_TAG)) {
    const value = parameters[name];
    if (typeof value === 'string') pieces.push(Buffer.from([Number(tag)]), sized(Buffer.from(value)));
  }
  const options = (parameters.saveInSent ? SAVE_IN_SENT : 0) | (parameters.acceptMultiPart ? ACCEPT_MULTI_PART : 0);
  if (options !== 0) pieces.push(Buffer.from([OPTIONS_TAG, 1, options]));
  if (user !== undefined) pieces.push(Buffer.from([USER_TAG]), sized(Buffer.from(user)));
  return Buffer.concat(pieces).toString('base64');
}

/** The bytes, from front to back. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }
  byte(): number {
    return this.#take(1)[0] as number;
  }
  uint16(): number {
    return this.#take(2).readUInt16LE(0);
  }
  /** A length, then so many bytes. */
  value(): Buffer {
    return this.#take(this.byte());
  }
  #take(count: number): Buffer {
    if (this.#at + count > this.#bytes.length) throw malformed('it ends within a field');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }
}

/** Devices that mix the query forms mean one id: text as it is, a GUID's bytes as its 32 digits. */
const deviceIdText = (bytes: Buffer): string => {
  const text = bytes.toString('latin1');
  return TEXT_ID.test(text) ? text : bytes.toString('hex').toUpperCase();
};

/** Percent escapes undone, and the spaces that something on the way made of plus signs. */
const unescape = (query: string): string => percentDecode(query).replaceAll(' ', '+');

function sized(value: Buffer): Buffer {
  if (value.length > MAX_VALUE_BYTES) throw malformed(`a value is longer than ${MAX_VALUE_BYTES} bytes`);
  return Buffer.concat([Buffer.from([value.length]), value]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value & 0xffff);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(POLICY_KEY_BYTES);
  bytes.writeUInt32LE(value >>> 0);
  return bytes;
}

const malformed = (why: string): RequestError => new RequestError(400, 'The base64 query is malformed', why);
