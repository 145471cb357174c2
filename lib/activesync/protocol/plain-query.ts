/** The plain text query: `Cmd=Sync&User=…&DeviceId=…&DeviceType=…`, the rest in headers (MS-ASHTTP 2.2.1.1.1.2). */
import type { RawRequestLine, RequestHeaders } from './request-line.ts';

const ESCAPE = /%[0-9A-Fa-f]{2}/;
const ALL_ESCAPES = /%([0-9A-Fa-f]{2})/g;

/** Names in any case, the first of a name counts, unknown ones are ignored. */
export function readPlainQuery(query: string, headers: RequestHeaders): RawRequestLine {
  const values = new Map<string, string>();
  for (const part of query.split('&')) {
    const equals = part.indexOf('=');
    const name = percentDecode(equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (!values.has(name)) values.set(name, equals < 0 ? '' : percentDecode(part.slice(equals + 1)));
  }
  const id = (name: string) => unescapeTwice(values.get(name));
  return {
    command: values.get('cmd'),
    version: header(headers, 'ms-asprotocolversion'),
    user: values.get('user'),
    deviceId: values.get('deviceid'),
    deviceType: values.get('devicetype'),
    policyKey: header(headers, 'x-ms-policykey'),
    locale: header(headers, 'accept-language'),
    parameters: {
      ...given('attachmentName', id('attachmentname')),
      ...given('collectionId', id('collectionid')),
      ...given('itemId', id('itemid')),
      ...given('longId', id('longid')),
      ...given('occurrence', id('occurrence')),
      saveInSent: isTrue(values.get('saveinsent')),
      acceptMultiPart: isTrue(header(headers, 'ms-asacceptmultipart')),
    },
  };
}

/** UTF-8, or Latin-1 where it is not that; a percent sign that escapes nothing stands for itself. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text.replace(ALL_ESCAPES, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  }
}

/** Some devices escape ids a second time; ours have no percent sign in them. */
const unescapeTwice = (value: string | undefined): string | undefined =>
  value !== undefined && ESCAPE.test(value) ? percentDecode(value) : value;

function header(headers: RequestHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}

const isTrue = (value: string | undefined): boolean => value?.trim().toUpperCase() === 'T';

const given = <Name extends string>(name: Name, value: string | undefined) =>
  (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
