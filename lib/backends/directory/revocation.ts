/**
 * Whether a certificate was revoked, by the list that its issuer publishes (RFC 5280 sections 4.2.1.13, 5 and 6.3). Where that cannot be
 * told for sure it is unknown: no list, one that cannot be had in time, one of another or that has had its day, or with critical words
 * that nobody here understands.
 */
import type { X509Certificate } from 'node:crypto';
import { CRLDistributionPointsExtension, X509Certificate as ReadCertificate, X509Crl } from '@peculiar/x509';
import type { Clock, Log } from '../../platform/index.ts';

export type Revocation = 'good' | 'revoked' | 'unknown';

/** Brings a list. Throws whatever keeps it from coming. */
export type FetchList = (url: string) => Promise<Uint8Array>;

/** Of one request: what a device sends must not keep the server going from list to list. */
export interface Budget {
  fetchesLeft: number;
}

/** For one request. */
export const newBudget = (): Budget => ({ fetchesLeft: 6 });

/** Lists are kept so long, and no longer than they are meant to be; that one could not be had is remembered for less. */
const KEPT_MS = 60 * 60 * 1_000;
const FAILED_MS = 5 * 60 * 1_000;
const KEPT_LISTS = 8;

interface Kept {
  readonly list: Promise<X509Crl | undefined>;
  untilMs: number;
}

export class RevocationLists {
  readonly #fetchList: FetchList;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kept = new Map<string, Kept>();

  constructor(fetchList: FetchList, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#fetchList = fetchList;
    this.#clock = clock;
    this.#log = log;
  }

  async statusOf(certificate: X509Certificate, issuer: X509Certificate, budget: Budget): Promise<Revocation> {
    try {
      const [read, by] = [new ReadCertificate(certificate.raw), new ReadCertificate(issuer.raw)];
      for (const url of listsOf(read)) {
        const list = await this.#list(url, budget);
        if (!list || !(await this.#isMeant(list, read, by))) continue;
        return list.findRevoked(read.serialNumber) ? 'revoked' : 'good';
      }
    } catch (error) {
      this.#log.debug({ error }, 'whether a certificate was revoked cannot be told');
    }
    return 'unknown';
  }

  async #isMeant(list: X509Crl, certificate: ReadCertificate, issuer: ReadCertificate): Promise<boolean> {
    const now = this.#clock.now();
    return (
      list.issuer === certificate.issuer &&
      list.thisUpdate.getTime() <= now &&
      list.nextUpdate !== undefined &&
      now <= list.nextUpdate.getTime() &&
      list.extensions.every((it) => !it.critical) &&
      (await list.verify({ publicKey: issuer.publicKey }))
    );
  }

  async #list(url: string, budget: Budget): Promise<X509Crl | undefined> {
    const now = this.#clock.now();
    const known = this.#kept.get(url);
    if (known && now < known.untilMs) return known.list;
    if (budget.fetchesLeft <= 0) return undefined;
    budget.fetchesLeft--;
    const kept: Kept = {
      untilMs: now + KEPT_MS,
      list: this.#fetchList(url).then(
        (bytes) => new X509Crl(new Uint8Array(bytes)),
        (error: unknown) => {
          this.#log.warn({ url, error }, 'A list of revoked certificates cannot be had');
          kept.untilMs = this.#clock.now() + FAILED_MS;
          return undefined;
        },
      ),
    };
    this.#kept.delete(url);
    this.#kept.set(url, kept);
    for (const oldest of this.#kept.keys()) if (this.#kept.size > KEPT_LISTS) this.#kept.delete(oldest);
    return kept.list;
  }
}

function listsOf(certificate: ReadCertificate): readonly string[] {
  const extension = certificate.getExtension(CRLDistributionPointsExtension);
  return (extension?.distributionPoints ?? []).flatMap((it) =>
    // Lists of some reasons alone, or of another issuer, do not tell enough.
    it.reasons || it.cRLIssuer
      ? []
      : (it.distributionPoint?.fullName ?? []).flatMap((name) => name.uniformResourceIdentifier ?? []),
  );
}
