/** The certificates of a resolved recipient (MS-ASCMD 2.2.3.23.1): all of them or none. */
import type { Person } from '../../backends/index.ts';
import { type Element, element, ResolveRecipientsStatus } from '../protocol/index.ts';

export interface CertificatesWanted {
  /** The short form, of which there is no public description: nobody has one. */
  readonly isMini: boolean;
  /** How many may still be given in this answer (MaxCertificates). */
  readonly left: number;
}

/** `count`: how many are given. R3255, R4305: where they do not all fit, none is, and their number is told. */
export function recipientCertificates(
  { certificates = [] }: Person,
  { isMini, left }: CertificatesWanted,
): { readonly element: Element; readonly count: number } {
  const has = isMini ? [] : certificates;
  const isOver = has.length > left;
  const given = isOver ? [] : has;
  const status =
    has.length === 0
      ? ResolveRecipientsStatus.noValidCertificate
      : isOver
        ? ResolveRecipientsStatus.certificateLimitReached
        : ResolveRecipientsStatus.success;
  return {
    count: given.length,
    element: element(
      'ResolveRecipients:Certificates',
      element('ResolveRecipients:Status', status),
      element('ResolveRecipients:CertificateCount', has.length),
      element('ResolveRecipients:RecipientCount', 1),
      given.map((it) => element('ResolveRecipients:Certificate', Buffer.from(it).toString('base64'))),
    ),
  };
}
