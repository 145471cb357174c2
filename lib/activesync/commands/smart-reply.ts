/** SmartReply (MS-ASCMD 2.2.1.20): an answer, to which the server adds the text of what is answered. */
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { sendWithOriginal } from './send-with-original.ts';

export const smartReply = (request: CommandRequest, context: CommandContext): Promise<Answer> =>
  sendWithOriginal('reply', request, context);
