/** GetAttachment (MS-ASCMD 2.2.1.7), 12.1: an attachment's bytes as the body of the answer. It has HTTP statuses only. */
import { loadAttachment } from './attachment.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';

const REFUSALS = {
  forbidden: 403,
  'too-large': 500,
  // R166
  'not-found': 500,
} as const;

export async function getAttachment(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const name = request.parameters.attachmentName;
  if (name === undefined || name === '') return { kind: 'http', status: 400 };
  const attachment = await loadAttachment(name, context);
  if (attachment.kind === 'refused') return { kind: 'http', status: REFUSALS[attachment.reason] };
  return { kind: 'bytes', contentType: attachment.contentType, bytes: attachment.bytes };
}
