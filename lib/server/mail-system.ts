/** The mail system that the configuration names. */
import {
  ImapMailSystem,
  type MailSystem,
  MailSystemInZone,
  MailSystemWithDav,
  MailSystemWithNotes,
  openFolders,
  startSmtpIn,
} from '../backends/index.ts';
import type { Clock, Log, Random } from '../platform/index.ts';
import type { MailConfiguration } from '../topology/index.ts';
import { davConfiguration, imapConfiguration } from './imap-configuration.ts';

export interface OpenMail {
  readonly system: MailSystem;
  /** Where mail for local users is taken in, if it is. */
  readonly smtpInPort: number | undefined;
  close(): Promise<void>;
}

export async function openMailSystem(
  mail: MailConfiguration,
  { clock, random, log }: { clock: Clock; random: Random; log: Log },
): Promise<OpenMail> {
  if (mail.kind === 'imap') {
    const imap = new ImapMailSystem(await imapConfiguration(mail), { clock, random, log });
    const dav = mail.dav && (await davConfiguration(mail, mail.dav));
    const withDav = dav ? new MailSystemWithDav(imap, dav, { clock, random, log }) : imap;
    const system = mail.notesFolder ? new MailSystemWithNotes(withDav, mail.notesFolder, { clock, log }) : withDav;
    return { system: inZone(system, mail), smtpInPort: undefined, close: () => system.close() };
  }
  const { root, relay, smtpIn } = mail;
  const system = await openFolders({ root, clock, random, log, ...(relay && { relay }) });
  const listener = smtpIn && (await startSmtpIn({ ...smtpIn, system, log }).catch(closing(system)));
  return {
    system: inZone(system, mail),
    smtpInPort: listener?.port,
    async close() {
      await listener?.close();
      await system.close();
    },
  };
}

const inZone = (system: MailSystem, { timeZone }: MailConfiguration): MailSystem =>
  timeZone === undefined ? system : new MailSystemInZone(system, timeZone);

/** What was opened is closed again when the next thing cannot be. */
const closing = (system: MailSystem) => async (thrown: unknown) => {
  await system.close();
  throw thrown;
};
