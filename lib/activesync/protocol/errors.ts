import { CaravanError } from '../../platform/index.ts';

/** Bytes that are not a document as MS-ASWBXML has it. The door answers 400. */
export class WbxmlError extends CaravanError {
  declare readonly code: 'malformed-wbxml';
  /** Where in the body, in bytes. */
  readonly offset: number;
  constructor(why: string, offset: number) {
    super({ code: 'malformed-wbxml', what: 'The request body is not valid WBXML', why: `${why} at offset ${offset}` });
    this.offset = offset;
  }
}

/** An element whose text is not of its type. Commands answer with their status for a malformed request. */
export class MalformedValue extends CaravanError {
  declare readonly code: 'malformed-value';
  readonly tag: string;
  constructor(tag: string, value: string, expected: string) {
    super({
      code: 'malformed-value',
      what: `${tag} is malformed`,
      why: `expected ${expected}, got '${value.slice(0, 40)}'`,
    });
    this.tag = tag;
  }
}

/** A request line, header or parameter that cannot be read. The door answers `httpStatus`. */
export class RequestError extends CaravanError {
  declare readonly code: 'malformed-request';
  readonly httpStatus: number;
  constructor(httpStatus: number, what: string, why?: string) {
    super({ code: 'malformed-request', what, ...(why === undefined ? {} : { why }) });
    this.httpStatus = httpStatus;
  }
}
