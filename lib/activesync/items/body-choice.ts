/** Which of the bodies that a device would take it gets (MS-ASAIRS 2.2.2.3.2, 2.2.2.12; MS-ASCMD MIMESupport). */
import type { BodyStructure } from './body-structure.ts';
import { BODY_TYPES, type BodyPreference, type EmailOptions } from './email-options.ts';
import type { Protection } from './security.ts';

const WHOLE_TEXT: BodyPreference = {
  type: BODY_TYPES.plain,
  truncationSize: undefined,
  allOrNone: false,
  preview: undefined,
};

export const nativeType = (body: BodyStructure): 1 | 2 => (body.html ? BODY_TYPES.html : BODY_TYPES.plain);

/**
 * In the order of trying: an all-or-none one that does not fit gives way to the next. MIME comes first where it is wanted,
 * then the type in which the message is stored, then the others as the device has them. RTF cannot be made of mail: who
 * wants nothing but RTF (or MIME that it did not ask to be sent) gets the stored type.
 */
export function bodyChoices(
  preferences: readonly BodyPreference[],
  options: EmailOptions,
  body: BodyStructure,
  protection: Protection,
): readonly BodyPreference[] {
  if (preferences.length === 0) return [WHOLE_TEXT];
  // The usual case, for each message anew.
  if (preferences.length === 1 && isText(preferences[0] as BodyPreference)) return preferences;
  const native = nativeType(body);
  const mime = preferences.find((it) => it.type === BODY_TYPES.mime);
  const texts = preferences.filter(isText);
  const ordered = [...texts.filter((it) => it.type === native), ...texts.filter((it) => it.type !== native)];
  const first = preferences[0] as BodyPreference;
  const others = ordered.length > 0 ? ordered : [{ ...first, type: native, allOrNone: false }];
  const wantsMime = options.mimeSupport === 2 || (options.mimeSupport === 1 && protection !== 'none');
  return mime && wantsMime
    ? [{ ...mime, truncationSize: smaller(mime.truncationSize, options.mimeTruncation) }, ...others]
    : others;
}

const isText = ({ type }: BodyPreference): boolean => type === BODY_TYPES.plain || type === BODY_TYPES.html;

function smaller(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
