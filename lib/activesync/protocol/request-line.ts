/** From HTTP to a RequestLine: either query form and the headers that go with it (MS-ASHTTP 2.2.1.1.1 and 2.2.1.1.2). */
import { isBase64Query, readBase64Query } from './base64-query.ts';
import { RequestError } from './errors.ts';
import { readPlainQuery } from './plain-query.ts';
import { type CommandName, COMMANDS, type RequestLine, type RequestParameters } from './request.ts';
import { CommonStatus } from './status.ts';
import { atLeast, isProtocolVersion, type ProtocolVersion } from './versions.ts';

/** Header fields as node:http has them: lower-case names. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request line as one of the query forms tells it: nothing checked, nothing required. */
export interface RawRequestLine {
  readonly command: string | number | undefined;
  readonly version: string | undefined;
  readonly user: string | undefined;
  readonly deviceId: string | undefined;
  readonly deviceType: string | undefined;
  readonly policyKey: string | undefined;
  readonly locale: string | undefined;
  readonly parameters: RequestParameters;
}

const MAX_QUERY_LENGTH = 8_192;
const MAX_DEVICE_TYPE_LENGTH = 64;
const MAX_POLICY_KEY_LENGTH = 64;
/** What devices punctuate their ids with; a GUID has 32 characters without. */
const PUNCTUATION = /[-_.{}]/g;
const DEVICE_ID = /^[A-Za-z0-9]{1,32}$/;
const DEVICE_TYPE = /^[\x20-\x7e]+$/;
// oxlint-disable-next-line no-control-regex -- control characters are what it is for
const CONTROL = /[\0-\x1f\x7f]/;

/**
 * `query` is what follows the question mark, as it came. Throws RequestError: 501 for an unknown command, 400 for anything
 * else that is malformed or missing, 505 for version 1.0 (MS-ASHTTP 2.2.2.1.1, MS-ASCMD 2.2.2).
 */
export function parseRequestLine(query: string, headers: RequestHeaders): RequestLine {
  if (query.length > MAX_QUERY_LENGTH) throw malformed(`the query is longer than ${MAX_QUERY_LENGTH} characters`);
  const raw = isBase64Query(query) ? readBase64Query(query) : readPlainQuery(query, headers);
  const command = commandOf(raw.command);
  const version = versionOf(raw.version);
  for (const value of [raw.user, ...Object.values(raw.parameters)]) {
    if (typeof value === 'string' && CONTROL.test(value)) throw malformed('a parameter has control characters');
  }
  return {
    command,
    version,
    user: raw.user,
    deviceId: deviceIdOf(raw.deviceId, command, version),
    deviceType: deviceTypeOf(raw.deviceType, command, version),
    policyKey: policyKeyOf(raw.policyKey),
    locale: raw.locale,
    parameters: raw.parameters,
  };
}

function commandOf(raw: string | number | undefined): CommandName {
  if (raw === undefined || raw === '') throw malformed('the query names no command');
  const command =
    typeof raw === 'number' ? COMMANDS[raw] : COMMANDS.find((it) => it.toLowerCase() === raw.toLowerCase());
  if (command !== undefined) return command;
  throw new RequestError(501, 'The command is unknown', `Cmd=${String(raw).slice(0, 40)}`);
}

function versionOf(raw: string | undefined): ProtocolVersion {
  const version = raw?.trim();
  if (version === undefined || version === '') throw malformed('MS-ASProtocolVersion is missing');
  if (isProtocolVersion(version)) return version;
  throw new RequestError(version === '1.0' ? 505 : 400, 'The protocol version is not supported', version.slice(0, 40));
}

function deviceIdOf(raw: string | undefined, command: CommandName, version: ProtocolVersion): string {
  const id = raw?.replace(PUNCTUATION, '') ?? '';
  if (DEVICE_ID.test(id)) return id;
  const refusal = { command, status: CommonStatus.deviceIdMissingOrInvalid };
  throw malformed('DeviceId is not 1 to 32 letters and digits', atLeast(version, '14.0') ? refusal : undefined);
}

function deviceTypeOf(raw: string | undefined, command: CommandName, version: ProtocolVersion): string {
  if (raw !== undefined && raw.length <= MAX_DEVICE_TYPE_LENGTH && DEVICE_TYPE.test(raw)) return raw;
  const refusal = { command, status: CommonStatus.deviceTypeMissingOrInvalid };
  const why = `DeviceType is not 1 to ${MAX_DEVICE_TYPE_LENGTH} printable characters`;
  throw malformed(why, atLeast(version, '14.0') ? refusal : undefined);
}

function policyKeyOf(raw: string | undefined): string | undefined {
  const key = raw?.trim();
  if (key === undefined || key === '' || key === '0') return undefined;
  if (key.length <= MAX_POLICY_KEY_LENGTH && DEVICE_TYPE.test(key)) return key;
  throw malformed(
    `X-MS-PolicyKey is longer than ${MAX_POLICY_KEY_LENGTH} characters or has others than printable ones`,
  );
}

const malformed = (why: string, refusal?: RequestError['refusal']): RequestError =>
  new RequestError(400, 'The request line is malformed', why, refusal);
