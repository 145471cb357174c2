/** The mail system with a span for each call that goes to it: IMAP or the local folders, submission, CalDAV and CardDAV. */
import type { Mailbox, MailSystem, ResourceStore } from '../../backends/index.ts';
import { traced, type Tracer } from '../../platform/index.ts';

const MAIL: readonly (keyof Mailbox)[] = [
  'folders',
  'createFolder',
  'renameFolder',
  'deleteFolder',
  'changes',
  'fetch',
  'updateFlags',
  'move',
  'remove',
  'append',
  'findMessageId',
  'search',
  'submit',
  'autoReply',
  'setAutoReply',
  'freeBusy',
];
const RESOURCES: readonly (keyof ResourceStore)[] = [
  'collections',
  'createCollection',
  'renameCollection',
  'deleteCollection',
  'changes',
  'matching',
  'withUid',
  'read',
  'put',
  'remove',
  'move',
  'freeBusy',
];

export const tracedMail = (system: MailSystem, tracer: Tracer): MailSystem =>
  traced(system, tracer, 'mail', ['authenticate'], {
    open: async (account, credentials, right) => {
      const mailbox = await tracer.measure('mail open', 'client', () => system.open(account, credentials, right));
      return tracedMailbox(mailbox, tracer);
    },
  });

function tracedMailbox(mailbox: Mailbox, tracer: Tracer): Mailbox {
  const { resources } = mailbox;
  const instead = resources && { resources: traced(resources, tracer, 'resources', RESOURCES) };
  return traced(mailbox, tracer, 'mail', MAIL, instead);
}
