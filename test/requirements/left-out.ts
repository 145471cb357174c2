/** Why requirements are not checked: the first that fits is the reason. */

export interface LeftOutReason {
  /** In the words of the report. */
  readonly reason: string;
  /** Documents; default all. */
  readonly documents?: readonly string[];
  /** Of the requirement's own words; default any. */
  readonly words?: RegExp;
}

export const LEFT_OUT_REASONS: readonly LeftOutReason[] = [
  { documents: ['MS-ASRM'], reason: 'rights management is not offered' },
  { documents: ['MS-ASDOC'], reason: 'document libraries are not offered' },
  { words: /\bDocumentLibrary\b|[Dd]ocument library|\bUNC\b/, reason: 'document libraries are not offered' },
  { words: /rights.management|RightsManagement/i, reason: 'rights management is not offered' },
  { words: /\bSMS\b|\bMMS\b/, reason: 'text messages are not synchronised' },
  { words: /voice ?mail|\bUmCallerID\b|\bUmUserNotes\b|\bUmAtt/i, reason: 'voice mail is not offered' },
  { words: /\[Appendix B|\[Appendix A|<\d+> Section/i, reason: 'the behaviour of one vendor’s product' },
];

export const NOT_CHECKED = 'no test cites it';

export function reasonFor(document: string, words: string): string {
  const found = LEFT_OUT_REASONS.find(
    (it) => (it.documents?.includes(document) ?? true) && (it.words?.test(words) ?? true),
  );
  return found?.reason ?? NOT_CHECKED;
}
