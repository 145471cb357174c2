/** A whole command refused by a status: in its own document from 14.0 on, by HTTP at 12.1 (MS-ASCMD 2.2.2). */
import { type CommandName, httpStatusOf, type ProtocolVersion, statusAnswer } from '../protocol/index.ts';
import type { Answer } from './command.ts';

/** From here on statuses are common to all commands, and unknown to 12.1. */
const FIRST_COMMON_STATUS = 101;
const RETRY_AFTER_SECONDS = 30;

export function refusal(command: CommandName, version: ProtocolVersion, status: number): Answer {
  const isCommon = status >= FIRST_COMMON_STATUS;
  const document = isCommon && version === '12.1' ? undefined : statusAnswer(command, status);
  if (document) return { kind: 'document', document };
  const httpStatus = isCommon ? httpStatusOf(status) : 400;
  if (httpStatus !== 503) return { kind: 'http', status: httpStatus };
  return { kind: 'http', status: httpStatus, headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) } };
}
