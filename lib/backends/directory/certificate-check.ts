/** Whether a certificate for signed mail is to be trusted (RFC 5280, RFC 8550): a path of signatures to an authority that is. */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { Clock } from '../../platform/index.ts';
import { type Budget, newBudget, type RevocationLists } from './revocation.ts';

export type CertificateVerdict =
  | 'valid'
  /** No certificate at all. */
  | 'malformed'
  | 'expired'
  /** Something between it and the authority has expired. */
  | 'chain-expired'
  /** Who issued it may not. */
  | 'not-an-authority'
  | 'bad-signature'
  /** No authority that is trusted stands at the end of the path, or there is no path. */
  | 'untrusted'
  | 'not-for-mail'
  | 'revoked'
  /** Something between it and the authority was. */
  | 'chain-revoked'
  /** Everything else is right. */
  | 'revocation-unknown';

export interface CertificateCheck {
  /** Each of them. `certificates` and `chain` in DER; the chain in any order, with or without the authority itself. */
  validate(
    certificates: readonly Uint8Array[],
    chain: readonly Uint8Array[],
    options: { readonly checkRevocation: boolean },
  ): Promise<readonly CertificateVerdict[]>;
}

/** RFC 5280, 4.2.1.12. */
const ANY_PURPOSE = '2.5.29.37.0';
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';
/** Longer paths are somebody's joke. */
const MAX_PATH = 10;

/** Trusts the public authorities that Node brings along, and those in `authorities` (PEM, each one certificate). */
export function certificateCheck(
  clock: Clock,
  authorities: readonly string[],
  /** Undefined: whether something was revoked is never known. */
  revocation?: RevocationLists,
): CertificateCheck {
  let anchors: readonly X509Certificate[] | undefined;
  return {
    async validate(certificates, chainDer, { checkRevocation }) {
      const budget = newBudget();
      const verdicts: CertificateVerdict[] = [];
      for (const der of certificates)
        verdicts.push(await verdictOf(der, chainDer, checkRevocation ? budget : undefined));
      return verdicts;
    },
  };

  async function verdictOf(
    der: Uint8Array,
    chainDer: readonly Uint8Array[],
    budget: Budget | undefined,
  ): Promise<CertificateVerdict> {
    const certificate = parse(der);
    if (certificate === undefined) return 'malformed';
    const chain = chainDer.map(parse).filter((it) => it !== undefined);
    // Some 150 of them: parsed when first asked for.
    anchors ??= [...rootCertificates, ...authorities].map((pem) => new X509Certificate(pem));
    const now = clock.now();
    if (!isCurrent(certificate, now)) return 'expired';
    if (!isForMail(certificate)) return 'not-for-mail';
    const path: Step[] = [];
    const verdict = followPath(certificate, chain, anchors, now, path);
    return verdict === 'valid' && budget ? revocationOf(path, revocation, budget) : verdict;
  }
}

/** Who is issued, and by whom. */
type Step = readonly [issued: X509Certificate, issuer: X509Certificate];

async function revocationOf(
  path: readonly Step[],
  revocation: RevocationLists | undefined,
  budget: Budget,
): Promise<CertificateVerdict> {
  let verdict: CertificateVerdict = 'valid';
  for (const [at, [issued, issuer]] of path.entries()) {
    const status = (await revocation?.statusOf(issued, issuer, budget)) ?? 'unknown';
    if (status === 'revoked') return at === 0 ? 'revoked' : 'chain-revoked';
    if (status === 'unknown') verdict = 'revocation-unknown';
  }
  return path.length === 0 ? 'revocation-unknown' : verdict;
}

function followPath(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  now: number,
  path: Step[],
): CertificateVerdict {
  let current = certificate;
  for (let length = 0; length < MAX_PATH; length++) {
    if (anchors.some((it) => it.fingerprint256 === current.fingerprint256)) return 'valid';
    const named = [...anchors, ...chain].filter((it) => it !== current && current.checkIssued(it));
    if (named.length === 0) return 'untrusted';
    const signed = named.filter((it) => current.verify(it.publicKey));
    if (signed.length === 0) return 'bad-signature';
    const authorities = signed.filter((it) => it.ca);
    if (authorities.length === 0) return 'not-an-authority';
    const issuer = authorities.find((it) => isCurrent(it, now));
    if (issuer === undefined) return 'chain-expired';
    // Its own issuer, and no anchor: it vouches for itself.
    if (issuer.fingerprint256 === current.fingerprint256) return 'untrusted';
    path.push([current, issuer]);
    current = issuer;
  }
  return 'untrusted';
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(der));
  } catch {
    return undefined;
  }
}

const isCurrent = (it: X509Certificate, now: number): boolean =>
  it.validFromDate.getTime() <= now && now <= it.validToDate.getTime();

/** Without a list of purposes it is for everything. Node calls the extended usages `keyUsage`. */
const isForMail = ({ keyUsage }: X509Certificate): boolean => {
  const purposes = keyUsage as readonly string[] | undefined;
  return purposes === undefined || purposes.includes(EMAIL_PROTECTION) || purposes.includes(ANY_PURPOSE);
};
