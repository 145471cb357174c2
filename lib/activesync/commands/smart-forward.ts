/** SmartForward (MS-ASCMD 2.2.1.19): a message to which the server adds the original, attachments and all. */
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { sendWithOriginal } from './send-with-original.ts';

export const smartForward = (request: CommandRequest, context: CommandContext): Promise<Answer> =>
  sendWithOriginal('forward', request, context);
