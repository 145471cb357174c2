/** ValidateCert (MS-ASCMD 2.2.1.22): whether the certificates of a signed message are to be trusted. */
import {
  atLeast,
  child,
  children,
  CommonStatus,
  type Element,
  element,
  text,
  ValidateCertStatus,
} from '../protocol/index.ts';
import type { Answer, CommandContext, CommandRequest } from './command.ts';

/** R5662. */
const MAX_CERTIFICATES = 100;

export async function validateCert(request: CommandRequest, context: CommandContext): Promise<Answer> {
  const { certificates } = context;
  if (certificates === undefined) {
    const isModern = atLeast(request.version, '14.0');
    return answer(isModern ? CommonStatus.commandNotSupported : ValidateCertStatus.unknownServerError);
  }
  const { document } = request;
  const asked = bytesOf(child(document, 'ValidateCert:Certificates'));
  const chain = bytesOf(child(document, 'ValidateCert:CertificateChain'));
  const isRequest = asked.length > 0 && asked.length <= MAX_CERTIFICATES && chain.length <= MAX_CERTIFICATES;
  if (!isRequest) return answer(ValidateCertStatus.protocolError);
  const checkRevocation = text(document, 'ValidateCert:CheckCrl')?.trim() === '1';
  const verdicts = await certificates.validate(asked, chain, { checkRevocation });
  return answer(
    ValidateCertStatus.success,
    verdicts.map((it) => element('ValidateCert:Certificate', element('ValidateCert:Status', VERDICTS[it]))),
  );
}

const VERDICTS = {
  valid: ValidateCertStatus.success,
  'bad-signature': ValidateCertStatus.signatureNotValidated,
  untrusted: ValidateCertStatus.untrustedSource,
  'not-for-mail': ValidateCertStatus.notValidForSigning,
  expired: ValidateCertStatus.expiredOrNotYetValid,
  'chain-expired': ValidateCertStatus.inconsistentTimePeriods,
  'not-an-authority': ValidateCertStatus.idUsedIncorrectly,
  malformed: ValidateCertStatus.informationMissingOrIncorrect,
  revoked: ValidateCertStatus.revoked,
  'chain-revoked': ValidateCertStatus.chainRevoked,
  'revocation-unknown': ValidateCertStatus.revocationUndetermined,
} as const;

/** Base64 by the specification; opaque bytes from some devices. */
const bytesOf = (parent: Element | undefined): readonly Uint8Array[] =>
  children(parent, 'ValidateCert:Certificate').map(({ content }) =>
    content instanceof Uint8Array ? content : Buffer.from(typeof content === 'string' ? content : '', 'base64'),
  );

const answer = (status: number, certificates: readonly Element[] = []): Answer => ({
  kind: 'document',
  document: element('ValidateCert:ValidateCert', element('ValidateCert:Status', status), certificates),
});
