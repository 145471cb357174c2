import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildRequestLine,
  type CommandName,
  COMMANDS,
  parseRequestLine,
  PROTOCOL_VERSIONS,
  RequestError,
  type RequestHeaders,
  type RequestLine,
} from '../../../lib/activesync/protocol/index.ts';
import { requestLines } from './generators.ts';

const VERSION = { 'ms-asprotocolversion': '16.1' };
const plain = (query: string, headers: RequestHeaders = {}) =>
  parseRequestLine(`${query}&User=ada&DeviceId=d1&DeviceType=SP`, { ...VERSION, ...headers });

/** Version, command code, locale; the device id; the policy key; the device type; parameters as tag and value. */
function base64(command: number, parameters: readonly (readonly [tag: number, value: string | Buffer])[] = []) {
  const sized = (value: Buffer) => [value.length, ...value];
  const tail = parameters.flatMap(([tag, value]) => [tag, ...sized(Buffer.from(value as string))]);
  const bytes = [161, command, 0x09, 0x04, ...sized(Buffer.from('d1')), 0, ...sized(Buffer.from('SP')), ...tail];
  return parseRequestLine(Buffer.from(bytes).toString('base64'), {});
}

function refusal(query: string, headers: RequestHeaders = VERSION): RequestError {
  try {
    parseRequestLine(query, headers);
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
  throw new Error('the request line was taken');
}

const lowerCase = (headers: Readonly<Record<string, string>>): RequestHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const reread = (line: RequestLine, form: 'plain' | 'base64') => {
  const { query, headers } = buildRequestLine(line, form);
  return parseRequestLine(query, lowerCase(headers));
};

describe('a plain query', () => {
  it('tells command, user and device; headers tell the rest', () => {
    const query = 'Cmd=Sync&User=EXAMPLE%5Cada&DeviceId=ApplF17K&DeviceType=iPhone';
    const headers = { ...VERSION, 'x-ms-policykey': '3942919513', 'accept-language': 'de-de' };
    expect(parseRequestLine(query, headers)).toEqual({
      command: 'Sync',
      version: '16.1',
      user: 'EXAMPLE\\ada',
      deviceId: 'ApplF17K',
      deviceType: 'iPhone',
      policyKey: '3942919513',
      locale: 'de-de',
      parameters: { saveInSent: false, acceptMultiPart: false },
    });
  });

  it.each(COMMANDS)('names %s', (command) => expect(plain(`Cmd=${command}`).command).toBe(command));

  it('MS-ASHTTP_R115, MS-ASHTTP_R487: AttachmentName of GetAttachment', () => {
    expect(plain('Cmd=GetAttachment&AttachmentName=5%3a1%3A0').parameters.attachmentName).toBe('5:1:0');
  });

  it.each([
    ['MS-ASHTTP_R116, MS-ASHTTP_R517: CollectionId of SmartForward', 'SmartForward', 'CollectionId', 'collectionId'],
    ['MS-ASHTTP_R526, MS-ASHTTP_R435: CollectionId of SmartReply', 'SmartReply', 'CollectionId', 'collectionId'],
    ['MS-ASHTTP_R117, MS-ASHTTP_R511: ItemId of SmartForward', 'SmartForward', 'ItemId', 'itemId'],
    ['MS-ASHTTP_R527, MS-ASHTTP_R436: ItemId of SmartReply', 'SmartReply', 'ItemId', 'itemId'],
    ['MS-ASHTTP_R118, MS-ASHTTP_R512: LongId of SmartForward', 'SmartForward', 'LongId', 'longId'],
    ['MS-ASHTTP_R528: LongId of SmartReply', 'SmartReply', 'LongId', 'longId'],
    ['MS-ASHTTP_R119, MS-ASHTTP_R513: Occurrence of SmartForward', 'SmartForward', 'Occurrence', 'occurrence'],
    ['MS-ASHTTP_R529: Occurrence of SmartReply', 'SmartReply', 'Occurrence', 'occurrence'],
  ] as const)('%s', (_, command, name, field) => {
    expect(plain(`Cmd=${command}&${name}=7%3a42`).parameters[field]).toBe('7:42');
  });

  it.each([
    ['MS-ASHTTP_R120', 'SmartForward'],
    ['MS-ASHTTP_R530', 'SmartReply'],
    ['MS-ASHTTP_R531', 'SendMail'],
  ])('%s, MS-ASHTTP_R121, MS-ASHTTP_R437, MS-ASHTTP_R122: SaveInSent of %s is T, F, or F by default', (_, command) => {
    const saveInSent = (parameter: string) => plain(`Cmd=${command}${parameter}`).parameters.saveInSent;
    expect([saveInSent('&SaveInSent=T'), saveInSent('&SaveInSent=F'), saveInSent('')]).toEqual([true, false, false]);
  });

  it('MS-ASHTTP_R154, MS-ASHTTP_R155, MS-ASHTTP_R440: MS-ASAcceptMultiPart is T, absent, or F', () => {
    const accepts = (headers: RequestHeaders) => plain('Cmd=ItemOperations', headers).parameters.acceptMultiPart;
    expect([accepts({ 'ms-asacceptmultipart': 'T' }), accepts({}), accepts({ 'ms-asacceptmultipart': 'F' })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('ids that a device escaped a second time', () => {
    expect(plain('Cmd=SmartReply&CollectionId=7%253a42').parameters.collectionId).toBe('7:42');
  });

  it('names in any case and any order, the first of two, and unknown ones', () => {
    const query = 'DEVICETYPE=SP&x=1&deviceid=d1&Cmd=ping&cmd=Sync&=&&%=1';
    expect(parseRequestLine(query, VERSION)).toMatchObject({ command: 'Ping', deviceId: 'd1', deviceType: 'SP' });
  });

  it('a user name in Latin-1, and one with a bare percent sign', () => {
    expect(plain('Cmd=Sync&User=Andr%E9').user).toBe('André');
    expect(plain('Cmd=Sync&User=100%').user).toBe('100%');
  });

  it('the policy key 0 as none', () => {
    expect(plain('Cmd=Sync', { 'x-ms-policykey': '0' }).policyKey).toBeUndefined();
    expect(plain('Cmd=Sync', { 'x-ms-policykey': '12' }).policyKey).toBe('12');
  });
});

describe('a base64 query', () => {
  it('MS-ASHTTP_R18: the example of the specification', () => {
    expect(parseRequestLine('jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l', {})).toEqual({
      command: 'Sync',
      version: '14.0',
      user: undefined,
      deviceId: 'v140Device',
      deviceType: 'SmartPhone',
      policyKey: undefined,
      locale: '1033',
      parameters: { saveInSent: false, acceptMultiPart: false },
    });
  });

  it.each(COMMANDS.map((command, code) => [code, command] as const))('code %i is %s', (code, command) => {
    expect(base64(code).command).toBe(command);
  });

  it.each([
    ['MS-ASHTTP_R93, MS-ASHTTP_R533', 'SendMail'],
    ['MS-ASHTTP_R524, MS-ASHTTP_R532', 'SmartForward'],
    ['MS-ASHTTP_R525, MS-ASHTTP_R88', 'SmartReply'],
  ] as const)('%s, MS-ASHTTP_R92, MS-ASHTTP_R486: bit 0 of Options is SaveInSent, for %s', (_, command) => {
    const options = (bits: number) => base64(COMMANDS.indexOf(command), [[7, Buffer.from([bits])]]).parameters;
    expect(options(0x01)).toEqual({ saveInSent: true, acceptMultiPart: false });
    expect(options(0x00)).toEqual({ saveInSent: false, acceptMultiPart: false });
  });

  it('MS-ASHTTP_R94, MS-ASHTTP_R95, MS-ASHTTP_R534: bit 1 of Options is AcceptMultiPart, for ItemOperations', () => {
    const { parameters } = base64(COMMANDS.indexOf('ItemOperations' satisfies CommandName), [[7, Buffer.from([0x02])]]);
    expect(parameters).toEqual({ saveInSent: false, acceptMultiPart: true });
  });

  it('has every parameter by its tag, and ignores tags that it does not know', () => {
    const line = base64(2, [
      [0, 'a'],
      [1, 'c'],
      [2, '?'],
      [3, 'i'],
      [4, 'l'],
      [5, '?'],
      [6, 'o'],
      [8, 'ada'],
      [99, '?'],
    ]);
    expect(line.user).toBe('ada');
    expect(line.parameters).toEqual({
      attachmentName: 'a',
      collectionId: 'c',
      itemId: 'i',
      longId: 'l',
      occurrence: 'o',
      saveInSent: false,
      acceptMultiPart: false,
    });
  });

  it('may be escaped, without padding, URL-safe, or with its plus signs turned into spaces', () => {
    const line = parseRequestLine('jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l', {});
    const query = Buffer.concat([
      Buffer.from('jAAJBAp2MTQwRGV2aWNlAApTbWFydFBob25l', 'base64'),
      Buffer.from([99, 8, 0xff, 0xfb, 0xef, 0xbe, 0xff, 0xff, 0xff, 0]),
    ]).toString('base64');
    expect(query).toMatch(/\+.*\/.*==$/);
    const forms = [query, encodeURIComponent(query), query.replace(/=+$/, ''), query.replaceAll('+', '%20')];
    forms.push(query.replaceAll('+', '-').replaceAll('/', '_'));
    for (const form of forms) expect(parseRequestLine(form, {})).toEqual(line);
  });

  it('tells a GUID in bytes by its digits, as the plain form does', () => {
    const guid = Buffer.from('d4b5d53c7e4d2cb6a4e4b2c8f9a9c1c3', 'hex');
    const bytes = Buffer.concat([Buffer.from([141, 18, 0, 0, 16]), guid, Buffer.from([0, 2, 0x57, 0x50])]);
    expect(parseRequestLine(bytes.toString('base64'), {}).deviceId).toBe('D4B5D53C7E4D2CB6A4E4B2C8F9A9C1C3');
  });

  it('MS-ASHTTP_R38: has a policy key of 0 or 4 bytes', () => {
    const query = (key: readonly number[]) =>
      Buffer.from([161, 0, 9, 4, 1, 0x64, key.length, ...key, 1, 0x53]).toString('base64');
    expect(parseRequestLine(query([0x19, 0x5b, 0x03, 0xeb]), {}).policyKey).toBe('3942865689');
    expect(parseRequestLine(query([0, 0, 0, 0]), {}).policyKey).toBeUndefined();
    expect(refusal(query([1, 2]), {}).httpStatus).toBe(400);
  });
});

describe('what a device builds is what the server reads', () => {
  it('in the plain form', () => {
    fc.assert(
      fc.property(requestLines, (line) => {
        expect(reread(line, 'plain')).toEqual(line);
      }),
      { numRuns: 500 },
    );
  });

  it('in the base64 form', () => {
    fc.assert(
      fc.property(requestLines, (line) => {
        expect(reread(line, 'base64')).toEqual(line);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a request line that is refused', () => {
  it.each([
    ['an unknown command', 'Cmd=Frobnicate&DeviceId=d1&DeviceType=SP', 501],
    ['an unknown command code', Buffer.from([161, 99, 9, 4, 1, 0x64, 0, 1, 0x53]).toString('base64'), 501],
    ['no command', 'User=ada&DeviceId=d1&DeviceType=SP', 400],
    ['an empty command', 'Cmd=&User=ada&DeviceId=d1&DeviceType=SP', 400],
    ['nothing at all', '', 400],
    ['a word', 'hello', 400],
    ['a base64 query that ends early', 'jAAJBAp2MTQw', 400],
    ['control characters', 'Cmd=SmartReply&ItemId=%00&DeviceId=d1&DeviceType=SP', 400],
    ['a query of 10,000 characters', `Cmd=Sync&DeviceId=d1&DeviceType=SP&x=${'y'.repeat(10_000)}`, 400],
  ])('MS-ASHTTP_R176, MS-ASHTTP_R188: %s', (_, query, httpStatus) => {
    expect(refusal(query)).toMatchObject({ code: 'malformed-request', httpStatus, refusal: undefined });
  });

  it.each([
    ['a missing version', {}, 400],
    ['a version that is not served', { 'ms-asprotocolversion': '12.0' }, 400],
    ['a version that never was', { 'ms-asprotocolversion': '99.9' }, 400],
    ['MS-ASCMD_R7560: version 1.0', { 'ms-asprotocolversion': '1.0' }, 505],
  ])('%s', (_, headers, httpStatus) => {
    expect(refusal('Cmd=Sync&DeviceId=d1&DeviceType=SP', headers).httpStatus).toBe(httpStatus);
  });

  const atVersion = (version: string) => ({ 'ms-asprotocolversion': version });
  const later = PROTOCOL_VERSIONS.filter((version) => version !== '12.1');

  it.each(later)('MS-ASCMD_R4828: a device id that is missing or malformed, with status 108 at %s', (version) => {
    for (const id of ['', '&DeviceId=', '&DeviceId=a,b', '&DeviceId=%C3%A9', `&DeviceId=${'x'.repeat(33)}`]) {
      const error = refusal(`Cmd=FolderSync${id}&DeviceType=SP`, atVersion(version));
      expect(error).toMatchObject({ httpStatus: 400, refusal: { command: 'FolderSync', status: 108 } });
    }
  });

  it.each(later)('MS-ASCMD_R4830: a device type that is missing or malformed, with status 109 at %s', (version) => {
    for (const type of ['', '&DeviceType=', '&DeviceType=%0a', `&DeviceType=${'x'.repeat(65)}`]) {
      const error = refusal(`Cmd=FolderSync&DeviceId=d1${type}`, atVersion(version));
      expect(error).toMatchObject({ httpStatus: 400, refusal: { command: 'FolderSync', status: 109 } });
    }
  });

  it('a device id that is missing at 12.1, with 400 alone', () => {
    const error = refusal('Cmd=FolderSync&DeviceType=SP', atVersion('12.1'));
    expect(error).toMatchObject({ httpStatus: 400, refusal: undefined });
  });

  it('or taken: hostile text gives a RequestLine or a RequestError', () => {
    const pieces = fc.constantFrom(
      'Cmd=',
      'Sync',
      '&',
      '=',
      '%',
      '%00',
      '%zz',
      'DeviceId=',
      'DeviceType=',
      'jAAJBA',
      '+',
      '?',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ unit: 'binary' })), { maxLength: 12 }), (parts) => {
        try {
          expect(COMMANDS).toContain(parseRequestLine(parts.join(''), VERSION).command);
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('or taken: hostile bytes in base64 too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const query = Buffer.from([161, ...bytes]).toString('base64');
        try {
          expect(COMMANDS).toContain(parseRequestLine(query, {}).command);
        } catch (error) {
          expect(error).toBeInstanceOf(RequestError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
