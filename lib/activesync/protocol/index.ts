// The language of phones, without I/O: WBXML, documents, the request line, versions, status codes.
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
export { MalformedValue, RequestError, WbxmlError } from './errors.ts';
export { type CommandName, COMMANDS, type RequestLine, type RequestParameters } from './request.ts';
export { atLeast, isProtocolVersion, PROTOCOL_VERSIONS, type ProtocolVersion } from './versions.ts';
