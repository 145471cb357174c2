/** Where an organisation's CalDAV and CardDAV servers are, and how to behave towards them. */
import { BackendError } from '../errors.ts';
import type { DavPlaces } from './dns-discovery.ts';
import type { Clock, Log, Random } from '../../platform/index.ts';

export interface DavConfiguration {
  /** Where discovery begins (RFC 6764): the server's root, or a path that knows the user's principal. */
  readonly url?: string;
  /** Where it begins without `url`: dns-discovery.ts. */
  readonly places?: () => Promise<DavPlaces>;
  /** Where contacts are, if elsewhere. */
  readonly contactsUrl?: string;
  /** The name that the servers know a user by: the bare name (default) or the address. */
  readonly loginName?: 'user' | 'address';
  /** PEM of the authorities that are trusted, default the system's. */
  readonly certificateAuthorities?: string;
  /** Default true. */
  readonly checkCertificates?: boolean;
  readonly timeouts?: Partial<DavTimeouts>;
  /** Of one resource; default RESOURCE_LIMIT_BYTES. */
  readonly resourceLimitBytes?: number;
}

export interface DavTimeouts {
  /** Until an answer is complete. Default 60 s. */
  readonly requestSeconds: number;
  /** Between looks at the collections: from (default 15 s, after a change) … */
  readonly pollMinSeconds: number;
  /** … to (default 60 s, when nothing changes for long). */
  readonly pollMaxSeconds: number;
}

const DEFAULT_TIMEOUTS: DavTimeouts = { requestSeconds: 60, pollMinSeconds: 15, pollMaxSeconds: 60 };

/** Everything that the parts of this folder need, with defaults filled in. */
export interface DavEnvironment {
  readonly configuration: DavConfiguration;
  readonly timeouts: DavTimeouts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Throws BackendError. */
export async function placesOf({ url, contactsUrl, places }: DavConfiguration): Promise<DavPlaces> {
  if (url !== undefined) return { url, contactsUrl: contactsUrl ?? url };
  if (!places)
    throw new BackendError('unavailable', 'the calendar server is not known', { remedy: 'Set mail.dav.url.' });
  const found = await places();
  return { url: found.url, contactsUrl: contactsUrl ?? found.contactsUrl };
}

export function davEnvironment(
  configuration: DavConfiguration,
  platform: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): DavEnvironment {
  return { configuration, timeouts: { ...DEFAULT_TIMEOUTS, ...configuration.timeouts }, ...platform };
}
