/** Autodiscover for mobilesync in XML (MS-ASCMD 2.2.1.1): reads the question, writes the answer. */
import { XMLParser } from 'fast-xml-parser';

const MOBILESYNC_RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006';
const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006';

export interface AutodiscoverQuestion {
  readonly email: string | undefined;
  readonly acceptableSchema: string | undefined;
}

/** Undefined if it is not such a document. Entities are not expanded. */
export function readQuestion(xml: string): AutodiscoverQuestion | undefined {
  try {
    const parser = new XMLParser({
      ignoreAttributes: true,
      removeNSPrefix: true,
      parseTagValue: false,
      processEntities: false,
    });
    const document = parser.parse(xml) as { Autodiscover?: { Request?: Record<string, unknown> } };
    const request = document.Autodiscover?.Request;
    if (typeof request !== 'object' || request === null) return undefined;
    const textOf = (name: string) => (typeof request[name] === 'string' ? request[name].trim() : undefined);
    return { email: textOf('EMailAddress'), acceptableSchema: textOf('AcceptableResponseSchema') };
  } catch {
    return undefined;
  }
}

export const acceptsMobileSync = (schema: string | undefined): boolean =>
  schema === undefined || schema === MOBILESYNC_RESPONSE;

export function writeSettings(answer: { email: string; displayName: string; url: string }): string {
  const url = escapeXml(answer.url);
  return (
    `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${RESPONSE}">` +
    `<Response xmlns="${MOBILESYNC_RESPONSE}"><Culture>en:us</Culture>` +
    `<User><DisplayName>${escapeXml(answer.displayName)}</DisplayName><EMailAddress>${escapeXml(answer.email)}</EMailAddress></User>` +
    `<Action><Settings><Server><Type>MobileSync</Type><Url>${url}</Url><Name>${url}</Name></Server></Settings></Action>` +
    '</Response></Autodiscover>'
  );
}

/** `code` 600: the request is not understood; 601: no such provider (MS-ASCMD 2.2.3.61). */
export function writeError(code: 600 | 601, message: string, now: Date): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="${RESPONSE}"><Response>` +
    `<Error Time="${now.toISOString().slice(11, 23)}" Id="0"><ErrorCode>${code}</ErrorCode>` +
    `<Message>${escapeXml(message)}</Message><DebugData /></Error></Response></Autodiscover>`
  );
}

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (it) => `&#${it.charCodeAt(0)};`);
