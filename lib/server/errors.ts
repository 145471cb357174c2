import { CaravanError } from '../platform/index.ts';

export type ServerErrorCode =
  | 'cannot-listen'
  | 'bad-certificate'
  | 'bad-pool-key'
  | 'body-too-large'
  | 'hung-up'
  | 'busy'
  | 'starting'
  | 'stopping'
  /** Nobody serves the user at this moment. */
  | 'no-owner'
  /** The user is another pool's, or on the way there. */
  | 'moved-home'
  /** The home map gives no clear answer. */
  | 'homes-away'
  /** The connection to the user's owner broke, and the request may have been run. */
  | 'owner-lost';

/** What the server itself could not do. */
export class ServerError extends CaravanError {
  override readonly name = 'ServerError';
  declare readonly code: ServerErrorCode;
  constructor(code: ServerErrorCode, what: string, details: { why?: string; remedy?: string; cause?: unknown } = {}) {
    super({ code, what, ...details });
  }
}

/** Nobody reads the answer any more. */
export const hungUp = (cause?: unknown): ServerError =>
  new ServerError('hung-up', 'The device hung up before it was answered', { cause });

export const isHungUp = (thrown: unknown): boolean => thrown instanceof ServerError && thrown.code === 'hung-up';
