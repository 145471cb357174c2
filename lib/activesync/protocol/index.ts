// The language of phones, without I/O: WBXML, documents, the request line, headers, versions, status codes.
export { answerStatusOf, isStatusOf } from './answer-status.ts';
export { type BuiltRequestLine, buildRequestLine, type QueryForm } from './build-request-line.ts';
export { CODE_PAGES, type TagName } from './code-pages.ts';
export {
  bytes,
  child,
  children,
  type Content,
  type Element,
  type ElementPart,
  element,
  flag,
  integer,
  text,
  textOf,
} from './document.ts';
export { MalformedValue, type ProtocolRefusal, RequestError, WbxmlError } from './errors.ts';
export {
  ACTIVESYNC_PATH,
  hasCommand,
  MAIL_CONTENT_TYPE,
  MULTIPART_CONTENT_TYPE,
  optionsHeaders,
  reinitialiseHeaders,
  WBXML_CONTENT_TYPE,
} from './headers.ts';
export { readMultipart, writeMultipart } from './multipart.ts';
export { type CommandName, COMMANDS, type RequestLine, type RequestParameters } from './request.ts';
export { parseRequestLine, type RequestHeaders } from './request-line.ts';
export * from './status.ts';
export { rootTagOf, statusAnswer } from './status-answer.ts';
export { formatCompact, formatDashed, parseTimestamp } from './timestamps.ts';
export { atLeast, isProtocolVersion, PROTOCOL_VERSIONS, type ProtocolVersion } from './versions.ts';
export { DEFAULT_WBXML_LIMITS, readWbxml, type WbxmlLimits, WbxmlReader } from './wbxml-reader.ts';
export { writeWbxml } from './wbxml-writer.ts';
export { toXml } from './xml.ts';
