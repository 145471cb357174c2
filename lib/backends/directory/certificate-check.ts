/** Whether a certificate for signed mail is to be trusted (RFC 5280, RFC 8550): a path of signatures to an authority that is. */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import type { Clock } from '../../platform/index.ts';

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
  /** Everything else is right. Revocation lists are out on the internet, where this server does not go for a device. */
  | 'revocation-unknown';

export interface CertificateCheck {
  /** `certificate` and `chain` in DER; the chain in any order, with or without the authority itself. */
  validate(
    certificate: Uint8Array,
    chain: readonly Uint8Array[],
    options: { readonly checkRevocation: boolean },
  ): CertificateVerdict;
}

/** RFC 5280, 4.2.1.12. */
const ANY_PURPOSE = '2.5.29.37.0';
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4';
/** Longer paths are somebody's joke. */
const MAX_PATH = 10;

/** Trusts the public authorities that Node brings along, and those in `authorities` (PEM, each one certificate). */
export function certificateCheck(clock: Clock, authorities: readonly string[]): CertificateCheck {
  let anchors: readonly X509Certificate[] | undefined;
  return {
    validate(der, chainDer, { checkRevocation }) {
      const certificate = parse(der);
      if (certificate === undefined) return 'malformed';
      const chain = chainDer.map(parse).filter((it) => it !== undefined);
      // Some 150 of them: parsed when first asked for.
      anchors ??= [...rootCertificates, ...authorities].map((pem) => new X509Certificate(pem));
      const now = clock.now();
      if (!isCurrent(certificate, now)) return 'expired';
      if (!isForMail(certificate)) return 'not-for-mail';
      const verdict = followPath(certificate, chain, anchors, now);
      return verdict === 'valid' && checkRevocation ? 'revocation-unknown' : verdict;
    },
  };
}

function followPath(
  certificate: X509Certificate,
  chain: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  now: number,
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
