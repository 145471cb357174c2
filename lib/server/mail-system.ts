/** The mail system that the configuration names. */
import { readFile } from 'node:fs/promises';
import {
  type ImapConfiguration,
  ImapMailSystem,
  type MailSystem,
  openFolders,
  startSmtpIn,
} from '../backends/index.ts';
import { type Clock, type Log, type Random, reasonOf } from '../platform/index.ts';
import type { ImapMailConfiguration, MailConfiguration } from '../topology/index.ts';
import { ServerError } from './errors.ts';

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
    const system = new ImapMailSystem(await imapConfiguration(mail), { clock, random, log });
    return { system, smtpInPort: undefined, close: () => system.close() };
  }
  const { root, relay, smtpIn } = mail;
  const system = await openFolders({ root, clock, random, log, ...(relay && { relay }) });
  const listener = smtpIn && (await startSmtpIn({ ...smtpIn, system, log }).catch(closing(system)));
  return {
    system,
    smtpInPort: listener?.port,
    async close() {
      await listener?.close();
      await system.close();
    },
  };
}

/** What was opened is closed again when the next thing cannot be. */
const closing = (system: MailSystem) => async (thrown: unknown) => {
  await system.close();
  throw thrown;
};

async function imapConfiguration(mail: ImapMailConfiguration): Promise<ImapConfiguration> {
  const { host, port, domain, loginName, master, maxConnectionsPerUser, folderNames, maildirWatch, smtp, sieve } = mail;
  const { userName, password } = smtp;
  const certificateAuthorities = await readAuthorities(mail.caFile);
  const isAccount = smtp.authentication === 'account' && userName !== undefined && password !== undefined;
  return {
    host,
    port,
    tls: modeOf(mail.tls),
    checkCertificates: mail.verifyCertificate,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    smtp: {
      host: smtp.host,
      port: smtp.port,
      tls: modeOf(smtp.tls),
      auth: isAccount ? { user: userName, password } : smtp.authentication === 'none' ? 'none' : 'same',
    },
    ...(sieve && {
      sieve: { host: sieve.host ?? host, port: sieve.port, tls: sieve.tls === 'off' ? 'none' : sieve.tls },
    }),
    domain,
    loginName,
    maxConnectionsPerUser,
    folderNames,
    ...(maildirWatch !== undefined && { maildirWatch }),
    ...(master?.password !== undefined && { master: { user: master.userName, password: master.password } }),
  };
}

const modeOf = (tls: ImapMailConfiguration['tls']) => (tls === 'off' ? 'none' : tls);

async function readAuthorities(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ServerError('bad-certificate', 'The certificate authorities of the mail system cannot be read', {
      why: reasonOf(cause),
      remedy: 'Check mail.caFile: it is a PEM file that the server may read.',
      cause,
    });
  }
}
