/** An IMAP mail system, from the settings to what the backend takes. */
import { readFile } from 'node:fs/promises';
import { promises as dns } from 'node:dns';
import { type DavConfiguration, davPlaces, type ImapConfiguration, type ServiceResolver } from '../backends/index.ts';
import { reasonOf } from '../platform/index.ts';
import type { ImapMailConfiguration } from '../topology/index.ts';
import { ServerError } from './errors.ts';

/** Throws ServerError where a file of certificates cannot be read. */
export async function imapConfiguration(mail: ImapMailConfiguration): Promise<ImapConfiguration> {
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

/** Of the calendars beside the mail. Throws ServerError. */
export async function davConfiguration(
  mail: ImapMailConfiguration,
  dav: NonNullable<ImapMailConfiguration['dav']>,
  resolver: ServiceResolver = dns,
): Promise<DavConfiguration> {
  const { url, contactsUrl, loginName = mail.loginName, verifyCertificate, pollMinSeconds, pollMaxSeconds } = dav;
  const certificateAuthorities = await readAuthorities(dav.caFile);
  return {
    ...(url === undefined ? { places: davPlaces(mail.domain, resolver) } : { url }),
    ...(contactsUrl !== undefined && { contactsUrl }),
    loginName,
    checkCertificates: verifyCertificate,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    timeouts: { pollMinSeconds, pollMaxSeconds },
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
