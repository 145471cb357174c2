/** The end of SendMail, SmartReply and SmartForward: the message goes to the outbox, and what came of it to the device. */
import type { SendResult } from '../../outbox/index.ts';
import { CommonStatus } from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import type { ComposeRequest } from './compose-request.ts';
import { refusal } from './refusal.ts';
import { sendMessage } from './send-message.ts';

/** Undefined when the message is on its way, now or since an earlier time. */
export async function sendComposed(
  compose: ComposeRequest,
  message: Uint8Array,
  request: CommandRequest,
  context: CommandContext,
): Promise<Answer | undefined> {
  const result = await sendMessage(context, {
    deviceId: context.device.deviceId,
    clientId: compose.clientId,
    message,
    fromDevice: compose.message,
    saveInSent: compose.saveInSent,
  });
  if (!('reason' in result)) return undefined;
  context.log.warn({ command: request.command, reason: result.reason, why: result.why }, 'A message was not sent');
  return composeRefusal(request, statusOf(result));
}

/** Success is an empty body, in all versions (R463, R568, R605). */
export const sentAnswer: Answer = { kind: 'empty' };

/** A failed send in the words of the version: at 12.1, submission that fails is the server's fault. */
export function composeRefusal({ command, version }: CommandRequest, status: number): Answer {
  if (version === '12.1' && SERVER_FAULTS.includes(status)) return { kind: 'http', status: 500 };
  return refusal(command, version, status);
}

const SERVER_FAULTS: readonly number[] = [
  CommonStatus.sendQuotaExceeded,
  CommonStatus.mailSubmissionFailed,
  CommonStatus.messageReplyFailed,
  CommonStatus.itemNotFound,
];

function statusOf(result: Extract<SendResult, { reason: unknown }>): number {
  switch (result.reason) {
    case 'no-recipients':
      return CommonStatus.messageHasNoRecipient;
    case 'malformed':
      return CommonStatus.invalidMime;
    case 'quota':
      return CommonStatus.sendQuotaExceeded;
    case 'rejected':
      return CommonStatus.mailSubmissionFailed;
    case 'unavailable':
      return result.kind === 'failed' ? CommonStatus.serverErrorRetryLater : CommonStatus.mailSubmissionFailed;
  }
}
