/** Whatever goes out of a command, and its copy into the sent folder: by the outbox, one way for all. */
import type { OutgoingMessage, SendResult } from '../../outbox/index.ts';
import type { CommandContext } from './command.ts';

export async function sendMessage({ user, outbox }: CommandContext, message: OutgoingMessage): Promise<SendResult> {
  const sentFolder = {
    id: (await user.folderOfKind('sent'))?.backendId,
    make: async () => (await user.makeFolderOfKind('sent'))?.backendId,
  };
  return outbox.send(user.lease, user.mailbox, sentFolder, message);
}
