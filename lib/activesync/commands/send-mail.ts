/** SendMail (MS-ASCMD 2.2.1.17): a message that the device wrote whole. */
import type { Answer, CommandContext, CommandRequest } from './command.ts';
import { readComposeRequest } from './compose-request.ts';
import { composeRefusal, sendComposed, sentAnswer } from './send-composed.ts';

export async function sendMail(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const compose = readComposeRequest(request);
  if (typeof compose === 'number') return composeRefusal(request, compose);
  return (await sendComposed(compose, compose.message, request, context)) ?? sentAnswer;
}
