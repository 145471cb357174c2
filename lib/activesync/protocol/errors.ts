import { CaravanError } from '../../platform/index.ts';
import type { CommandName } from './request.ts';

/** Bytes that are not a document as MS-ASWBXML has it. The door answers 400. */
export class WbxmlError extends CaravanError {
  override readonly name = 'WbxmlError';
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
  override readonly name = 'MalformedValue';
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

/** The protocol's own way to say what is wrong, for the versions that have one (MS-ASCMD 2.2.2): see `statusAnswer`. */
export interface ProtocolRefusal {
  readonly command: CommandName;
  readonly status: number;
}

/** A request line, header or parameter that cannot be read. The door answers `refusal` if there is one, else `httpStatus`. */
export class RequestError extends CaravanError {
  override readonly name = 'RequestError';
  declare readonly code: 'malformed-request';
  readonly httpStatus: number;
  /** From 14.0 on: a 200 with this status in the command's document says more than the HTTP status. */
  readonly refusal: ProtocolRefusal | undefined;
  constructor(httpStatus: number, what: string, why?: string, refusal?: ProtocolRefusal) {
    super({ code: 'malformed-request', what, ...(why === undefined ? {} : { why }) });
    this.httpStatus = httpStatus;
    this.refusal = refusal;
  }
}
