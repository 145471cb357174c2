/** Where a domain's CalDAV and CardDAV servers are, by DNS (RFC 6764 sections 3, 4 and 6): over TLS alone, since passwords are sent there. */
import { BackendError } from '../errors.ts';
import { reasonOf } from '../../platform/index.ts';

/** Of `node:dns/promises`. */
export interface ServiceResolver {
  resolveSrv(
    name: string,
  ): Promise<
    readonly { readonly name: string; readonly port: number; readonly priority: number; readonly weight: number }[]
  >;
  resolveTxt(name: string): Promise<readonly (readonly string[])[]>;
}

export interface DavPlaces {
  readonly url: string;
  readonly contactsUrl: string;
}

/** Asked anew for each mailbox that is opened: a service that moves is found at its new place. */
export const davPlaces =
  (domain: string, resolver: ServiceResolver): (() => Promise<DavPlaces>) =>
  () =>
    findPlaces(domain, resolver);

/** Throws BackendError('unavailable') where there is neither. */
async function findPlaces(domain: string, resolver: ServiceResolver): Promise<DavPlaces> {
  const [calendars, contacts] = await Promise.all([
    serviceAt(`_caldavs._tcp.${domain}`, 'caldav', resolver),
    serviceAt(`_carddavs._tcp.${domain}`, 'carddav', resolver),
  ]);
  const url = calendars.url ?? contacts.url;
  if (url !== undefined) return { url, contactsUrl: contacts.url ?? url };
  throw new BackendError('unavailable', 'the calendar server is not found', {
    why: `neither _caldavs._tcp.${domain} nor _carddavs._tcp.${domain} names one (${calendars.why})`,
    remedy: 'Set mail.dav.url, or make the SRV records of RFC 6764.',
  });
}

async function serviceAt(
  name: string,
  service: 'caldav' | 'carddav',
  resolver: ServiceResolver,
): Promise<{ readonly url?: string; readonly why?: string }> {
  let records: Awaited<ReturnType<ServiceResolver['resolveSrv']>>;
  try {
    records = await resolver.resolveSrv(name);
  } catch (cause) {
    return { why: reasonOf(cause) };
  }
  // RFC 2782: the lowest priority; of several the heaviest will do. A dot: there is no such service.
  const [best] = records
    .filter((it) => it.name !== '' && it.name !== '.')
    .toSorted((one, other) => one.priority - other.priority || other.weight - one.weight);
  if (!best) return { why: `${name} says that there is none` };
  const host = best.name.replace(/\.$/, '');
  const texts = await resolver.resolveTxt(name).catch(() => []);
  const path = texts.map((it) => /^path=(\/(?!\/).*)$/i.exec(it.join(''))?.[1]).find((it) => it !== undefined);
  return { url: new URL(path ?? `/.well-known/${service}`, `https://${host}:${best.port}`).href };
}
