/** The directory and the authorities for signed mail that the configuration names. */
import { readFile } from 'node:fs/promises';
import {
  CardDavDirectory,
  type CardDavDirectoryOptions,
  type CertificateCheck,
  certificateCheck,
  type Directory,
  FileDirectory,
  LdapDirectory,
  listFetcher,
  RevocationLists,
  type LdapOptions,
} from '../backends/index.ts';
import { type Clock, type Log, type Random, reasonOf } from '../platform/index.ts';
import type { DirectoryConfiguration, SmimeConfiguration } from '../topology/index.ts';
import { ServerError } from './errors.ts';

/** Undefined where there is none. Nothing is connected yet: a directory that is down is no reason not to serve mail. */
export async function openDirectory(
  configuration: DirectoryConfiguration,
  platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Promise<Directory | undefined> {
  const { kind, file } = configuration;
  if (kind === 'file') return new FileDirectory(file ?? '');
  if (kind === 'none') return undefined;
  if (kind === 'carddav') return new CardDavDirectory(await cardDavOptions(configuration), platform);
  return new LdapDirectory(await ldapOptions(configuration));
}

/** Throws ServerError where a file of certificates cannot be read. */
export async function ldapOptions(configuration: DirectoryConfiguration): Promise<LdapOptions> {
  const { url, startTls, verifyCertificate, caFile, bindDn, bindPassword, baseDn, filter } = configuration;
  const certificateAuthorities = caFile && (await readPem(caFile, 'directory.caFile'));
  return {
    url: url ?? '',
    startTls,
    checkCertificates: verifyCertificate,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    ...(bindDn !== undefined && { bind: { dn: bindDn, password: bindPassword ?? '' } }),
    baseDn: baseDn ?? '',
    filter,
    timeoutMs: configuration.timeoutSeconds * 1000,
  };
}

/** Throws ServerError where a file of certificates cannot be read. */
export async function cardDavOptions(configuration: DirectoryConfiguration): Promise<CardDavDirectoryOptions> {
  const { url, verifyCertificate, caFile, userName, bindPassword, timeoutSeconds } = configuration;
  const certificateAuthorities = caFile && (await readPem(caFile, 'directory.caFile'));
  return {
    url: url ?? '',
    checkCertificates: verifyCertificate,
    ...(certificateAuthorities !== undefined && { certificateAuthorities }),
    ...(userName !== undefined && { account: { userName, password: bindPassword ?? '' } }),
    timeoutSeconds,
  };
}

export async function openCertificateCheck(
  { authoritiesFile, fetchRevocationLists }: SmimeConfiguration,
  platform: { readonly clock: Clock; readonly log: Log },
): Promise<CertificateCheck> {
  const pem = authoritiesFile === undefined ? '' : await readPem(authoritiesFile, 'smime.authoritiesFile');
  const revocation = fetchRevocationLists ? new RevocationLists(listFetcher(), platform) : undefined;
  return certificateCheck(platform.clock, pem.match(CERTIFICATE) ?? [], revocation);
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

async function readPem(file: string, setting: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ServerError('bad-certificate', 'Certificate authorities cannot be read', {
      why: reasonOf(cause),
      remedy: `Check ${setting}: it is a PEM file that the server may read.`,
      cause,
    });
  }
  if (text.search(CERTIFICATE) < 0) {
    throw new ServerError('bad-certificate', `There is no certificate in ${file}`, {
      remedy: `Check ${setting}: it is a PEM file with certificates.`,
    });
  }
  return text;
}
