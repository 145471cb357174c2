/** A RequestLine as a device sends it: the inverse of `parseRequestLine`. */
import { writeBase64Query } from './base64-query.ts';
import type { RequestLine } from './request.ts';

export type QueryForm = 'plain' | 'base64';

export interface BuiltRequestLine {
  /** What follows the question mark. */
  readonly query: string;
  /** The headers that belong to this form: version, policy key, language, multipart. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A base64 query carries its facts itself, so that it has no headers (MS-ASHTTP 2.2.1.1.2.5, .6, .8). */
export function buildRequestLine(line: RequestLine, form: QueryForm = 'plain'): BuiltRequestLine {
  if (form === 'base64') return { query: encodeURIComponent(writeBase64Query(line)), headers: {} };
  const { parameters } = line;
  const values: readonly (readonly [string, string | undefined])[] = [
    ['Cmd', line.command],
    ['User', line.user],
    ['DeviceId', line.deviceId],
    ['DeviceType', line.deviceType],
    ['AttachmentName', parameters.attachmentName],
    ['CollectionId', parameters.collectionId],
    ['ItemId', parameters.itemId],
    ['LongId', parameters.longId],
    ['Occurrence', parameters.occurrence],
    ['SaveInSent', parameters.saveInSent ? 'T' : undefined],
  ];
  return {
    query: values
      .filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
      .join('&'),
    headers: {
      'MS-ASProtocolVersion': line.version,
      'X-MS-PolicyKey': line.policyKey ?? '0',
      ...(line.locale === undefined ? {} : { 'Accept-Language': line.locale }),
      ...(parameters.acceptMultiPart ? { 'MS-ASAcceptMultiPart': 'T' } : {}),
    },
  };
}
