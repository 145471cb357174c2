import { CaravanError } from '../platform/index.ts';

export type ServerErrorCode = 'cannot-listen' | 'bad-certificate' | 'body-too-large' | 'hung-up' | 'busy' | 'stopping';

/** What the server itself could not do. */
export class ServerError extends CaravanError {
  declare readonly code: ServerErrorCode;
  constructor(code: ServerErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}
